#include "workers/rank_identity.hpp"

#include <gmock/gmock.h>

#include "base/check.hpp"

namespace lorahub::workers {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::vector<std::string> kHosts{"n1", "n2", "n3"};

std::string refusal(const Identity& first, const Identity& last) {
  try {
    check_same(kHosts, {text_of(first), text_of(first), text_of(last)});
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(Identity, AlikeRanksPass) {
  EXPECT_EQ(refusal({{"command", "run a.yaml"}}, {{"command", "run a.yaml"}}), "");
  EXPECT_EQ(refusal({}, {}), "");
}

TEST(Identity, ARankThatDiffersIsNamedWithWhatDiffers) {
  EXPECT_THAT(refusal({{"command", "run a.yaml"}, {"commit", "1"}},
                      {{"command", "run b.yaml"}, {"commit", "1"}}),
              AllOf(HasSubstr("rank 2 on n3"), HasSubstr("run a.yaml"), HasSubstr("run b.yaml")));
  EXPECT_THAT(refusal({{"command", "run"}, {"commit", "1"}}, {{"command", "run"}, {"commit", "2"}}),
              HasSubstr("its commit is `2`, rank 0's `1`"));
  EXPECT_THAT(refusal({{"command", "run"}}, {{"command", "run"}, {"later", "entry"}}),
              HasSubstr("another version"));
  EXPECT_THAT(refusal({{"a", ""}, {"b", "x"}}, {{"a", ""}, {"b", ""}}), HasSubstr("its b is ``"));
}

TEST(Identity, OfLongCommandsThePlaceIsShown) {
  const std::string begin = "run " + std::string(500, 'x');
  const std::string text =
      refusal({{"command", begin + " --set seed=1"}}, {{"command", begin + " --set seed=2"}});
  EXPECT_THAT(text, AllOf(HasSubstr("seed=1"), HasSubstr("seed=2")));
  EXPECT_LT(text.size(), 500U);
}

TEST(Identity, AHelloGoesThereAndBack) {
  const std::string bytes = hello("node-7.cluster", 12345);
  EXPECT_EQ(bytes.size(), kHello);
  EXPECT_EQ(read_hello(bytes).host, "node-7.cluster");
  EXPECT_EQ(read_hello(bytes).identity, 12345U);
}

TEST(Identity, AVersionThatSendsNoneIsRefusedByName) {
  std::string old = "n2";
  old.resize(kHello);
  EXPECT_EQ(read_hello(old).identity, 0U);
  try {
    check_versions({"n1", "n2"}, {7, read_hello(old).identity});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("rank 1 on n2"), HasSubstr("another version")));
  }
}

}  // namespace
}  // namespace lorahub::workers
