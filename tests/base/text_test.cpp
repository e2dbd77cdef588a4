#include "base/text.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

TEST(Text, NearestIsOfTheFewestChanges) {
  EXPECT_EQ(nearest("modles", {"model", "modules", "method"}), "modules");
  EXPECT_EQ(nearest("seach.budget", {"search.bound", "search.budget", "seed"}), "search.budget");
  EXPECT_EQ(nearest("abx", {"abc", "abd"}), "abc");  // the first among equals
  EXPECT_EQ(nearest("tow", {"one", "two"}), "two");  // a swap counts once
  EXPECT_EQ(nearest("CMA", {"official", "cma"}), "cma");
  EXPECT_EQ(nearest("--modle", {"--mode-of-all", "--model"}), "--model");
}

TEST(Text, NothingIsNearWhereMoreThanAThirdOfTheLettersDiffers) {
  EXPECT_EQ(nearest("x", {"y", "xy"}), "");
  EXPECT_EQ(nearest("", {"a", ""}), "");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest("---", {"--model"}), "");
  EXPECT_EQ(nearest("cat", {"cut", "cue"}), "cut");         // 1 of 3
  EXPECT_EQ(nearest("cat", {"cue", "cats-eye"}), "");       // 2 of 3
  EXPECT_EQ(nearest("--wings", {"--task", "--rows"}), "");  // the dashes are no letters
  EXPECT_EQ(nearest(std::string(1 << 20, 'x'), {"xx"}), "");
}

TEST(Text, DidYouMeanEndsASentence) {
  EXPECT_EQ(did_you_mean("shotz", {"shots"}), ", did you mean 'shots'?");
  EXPECT_EQ(did_you_mean("zebra", {"shots"}), "");
  EXPECT_EQ(did_you_mean("zebra", {"shots"}, ", leave it out"), ", leave it out");
}

TEST(Text, StripLowerSplit) {
  EXPECT_EQ(strip(" \t a b \n"), "a b");
  EXPECT_EQ(strip("   "), "");
  EXPECT_EQ(lower("A.b-Z"), "a.b-z");
  EXPECT_EQ(split("a,b,,c", ','), (std::vector<std::string>{"a", "b", "", "c"}));
  EXPECT_TRUE(split("", ',').empty());
}

}  // namespace
}  // namespace lorahub::base
