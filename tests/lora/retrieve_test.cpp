#include "lora/retrieve.hpp"

#include <gmock/gmock.h>

#include "made.hpp"

namespace lorahub::lora {
namespace {

using testing::ElementsAre;

TEST(Retrieve, LeastKeepsTheOrderOfTheList) {
  EXPECT_THAT(least({3, 1, 2, 1}, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(least({1, 1, 1}, 2), ElementsAre(0, 1));  // the first among equals
  EXPECT_THAT(least({2}, 5), ElementsAre(0));
}

// Copies and negatives of a module count as near to it, however long.
TEST(Retrieve, MostDifferentLeavesCopiesOut) {
  const Module x = made("x", tiny()), y = made("y", tiny()), z = made("z", tiny());
  Module longer = made("x", tiny()), negative = made("y", tiny());
  longer.alpha *= 3;
  for (auto& [slot, f] : negative.slots) f.b = -f.b;
  EXPECT_THAT(most_different({x, y, negative, longer, z}, 3),
              testing::AnyOf(ElementsAre(1, 3, 4), ElementsAre(2, 3, 4)));
  EXPECT_THAT(most_different({x, y, negative, longer, z}, 1), ElementsAre(3));  // it adds most
  EXPECT_EQ(most_different({x, y}, 5).size(), 2U);
}

TEST(Retrieve, LargestAreThoseThatAddMost) {
  Module x = made("x", tiny()), y = x, z = x;
  y.alpha *= 3;
  for (auto& [slot, f] : z.slots) f.b = -2 * f.b;
  EXPECT_THAT(largest({x, y, z}, 1), ElementsAre(1));
  EXPECT_THAT(largest({x, y, z, y}, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(largest({x, x, x}, 2), ElementsAre(0, 1));
}

TEST(Retrieve, NearestTextsCountRareWords) {
  const std::vector<std::string> texts = {"answers a question about animals",
                                          "answers a question about Colours",
                                          "translates a sentence", "flan_t5-colours_names"};
  EXPECT_THAT(nearest_texts(texts, "which colours?", 2), ElementsAre(1, 3));
  EXPECT_THAT(nearest_texts(texts, "translates", 1), ElementsAre(2));
  EXPECT_THAT(nearest_texts(texts, "", 2), ElementsAre(0, 1));
}

}  // namespace
}  // namespace lorahub::lora
