#include "plan/memory_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace lorahub::plan {
namespace {

using testing::HasSubstr;

// One limit of a rank: name, place, free bytes.
std::string says(const std::string& name, const std::string& place, double free) {
  return base::encode(std::vector<std::string>{name, place, base::format("{:.0f}", free)});
}

Need need(double shared, double own, base::Device device = base::Device::cpu) {
  return {.what = "trial 'E1'",
          .shared = shared,
          .own = own,
          .device = device,
          .remedies = "use fewer ranks on a node"};
}

std::string refusal(const Need& need, const Ranks& ranks) {
  try {
    check_room(need, ranks);
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(Room, RanksOfANodeShareWhatIsReadOnce) {
  const Ranks two{
      .hosts = {"n1", "n1"},
      .rooms = {says("free memory", "machine", 10e9), says("free memory", "machine", 10e9)}};
  EXPECT_EQ(check_room(need(4e9, 3e9), two), "");                                 // 4 + 2 x 3
  EXPECT_THAT(check_room(need(4e9, 4e9), two), HasSubstr("it may not suffice"));  // 12 of 10
  EXPECT_THAT(
      refusal(need(4e9, 6e9), two),
      testing::AllOf(HasSubstr("trial 'E1' takes about 16.0 GB on n1 (2 ranks of 10.0 GB"),
                     HasSubstr("free memory is 10.0 GB"), HasSubstr("use fewer ranks on a node")));
  const Ranks apart{.hosts = {"n1", "n2"}, .rooms = two.rooms};
  EXPECT_EQ(check_room(need(4e9, 6e9), apart), "");
}

TEST(Room, EachLimitCounts) {
  const std::string mine = base::encode<std::vector<std::string>>(
      {"free memory", "machine", "100000000000", "the group's limit", "/group/1", "10000000000"});
  const std::string other = base::encode<std::vector<std::string>>(
      {"free memory", "machine", "100000000000", "the group's limit", "/group/2", "10000000000"});
  EXPECT_THAT(refusal(need(0, 8e9), {.hosts = {"n1", "n1"}, .rooms = {mine, mine}}),
              HasSubstr("the group's limit"));
  EXPECT_EQ(refusal(need(0, 8e9), {.hosts = {"n1", "n1"}, .rooms = {mine, other}}), "");
}

TEST(Room, ALimitOfAProcessAloneIsNotShared) {
  const std::string one = says("what ulimit -v still allows", "", 10e9);
  EXPECT_EQ(check_room(need(0, 8e9), {.hosts = {"n1", "n1"}, .rooms = {one, one}}), "");
  EXPECT_THAT(refusal(need(8e9, 8e9), {.hosts = {"n1", "n1"}, .rooms = {one, one}}),
              HasSubstr("one rank"));
}

TEST(Room, OnAGpuEachRankHoldsTheModel) {
  const std::string gpu = says("the GPU's free memory", "gpu 0000:01:00.0", 10e9);
  const std::string other = says("the GPU's free memory", "gpu 0000:02:00.0", 10e9);
  const Need both = need(6e9, 2e9, base::Device::cuda);
  EXPECT_EQ(check_room(both, {.hosts = {"n1", "n1"}, .rooms = {gpu, other}}), "");
  EXPECT_THAT(refusal(both, {.hosts = {"n1", "n1"}, .rooms = {gpu, gpu}}), HasSubstr("16.0 GB"));
}

TEST(Room, OfThisMachineIsToldInWords) {
  const auto words = base::decode<std::vector<std::string>>(room({}));
  ASSERT_GE(words.size(), 3U);
  EXPECT_EQ(words[1], "machine");
  EXPECT_GT(std::stod(words[2]), 1e6);
  EXPECT_NO_THROW(check_own_room(need(0, 1e6)));
  EXPECT_THROW(check_own_room(need(0, 1e18)), base::Error);
}

}  // namespace
}  // namespace lorahub::plan
