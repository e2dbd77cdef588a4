#include "study/grid.hpp"

#include <gtest/gtest.h>

#include "study/folder.hpp"

namespace lorahub::study {
namespace {

Entry list(const std::string& key, const std::string& yaml, int line = 1) {
  return {.key = key,
          .value = {.node = YAML::Load(yaml), .file = "s.yaml", .line = line, .folder = "/"}};
}

// "a=1 b=2; a=1 b=3"
std::string text(const std::vector<GridPoint>& points) {
  std::string out;
  for (const auto& point : points) {
    for (const auto& entry : point) out += entry.key + "=" + entry.value.node.Scalar() + " ";
    out += ";";
  }
  return out;
}

TEST(Grid, LastAxisIsFastest) {
  const auto points = product({axis(list("a", "[1, 2]")), axis(list("b", "[x, y, z]"))});
  EXPECT_EQ(text(points), "a=1 b=x ;a=1 b=y ;a=1 b=z ;a=2 b=x ;a=2 b=y ;a=2 b=z ;");
}

TEST(Grid, NoAxisIsOnePoint) { EXPECT_EQ(product({}).size(), 1U); }

TEST(Grid, ZippedListsMoveTogetherAsOneAxis) {
  const auto zip = together({list("a", "[1, 2]"), list("b", "[x, y]")});
  EXPECT_EQ(text(product({zip, axis(list("c", "[p, q]"))})),
            "a=1 b=x c=p ;a=1 b=x c=q ;a=2 b=y c=p ;a=2 b=y c=q ;");
}

TEST(Grid, MoreTrialsThanAPlanMayHaveAreRefused) {
  std::string fifty = "[0";
  for (int i = 1; i < 50; ++i) fifty += ", " + std::to_string(i);
  fifty += "]";
  std::vector<GridAxis> axes;
  for (const char* key : {"a", "b", "c"}) axes.push_back(axis(list(key, fifty, 2)));
  EXPECT_EQ(error_of([&] { product(axes); }),
            "s.yaml:1: the lists up to 'c' make more than 100000 trials together (their plan would "
            "fill the memory), shorten them or write several studies");
}

TEST(Grid, ListsOfUnequalLengthAreRefused) {
  EXPECT_EQ(error_of([] {
              together({list("a", "[1, 2]", 3), list("b", "[x, y, z]", 4)});
            }),
            "s.yaml:4: 'b' has 3 values and 'a' has 2, but lists of zip move together, give them "
            "one length");
}

TEST(Grid, EmptyListsAndSingleValuesAreRefused) {
  EXPECT_EQ(error_of([] { axis(list("a", "[]", 7)); }),
            "s.yaml:7: the list of 'a' is empty (no trial would run), name at least one value");
  EXPECT_EQ(error_of([] { axis(list("a", "5", 7)); }),
            "s.yaml:7: 'a' needs a list of values here, such as [a, b]");
  EXPECT_NE(error_of([] { together({list("a", "[]"), list("b", "[]")}); }), "");
}

}  // namespace
}  // namespace lorahub::study
