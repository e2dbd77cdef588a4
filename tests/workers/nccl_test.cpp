#include "workers/nccl.hpp"

#include <gmock/gmock.h>

#include "base/check.hpp"

namespace lorahub::workers {
namespace {

// What NcclChannel does between ranks: tests/run/nccl.
TEST(Nccl, ABuildWithoutItSaysSo) {
  if (has_nccl()) GTEST_SKIP() << "this build has NCCL";
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const base::Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message([] { nccl_id(); }), testing::HasSubstr("no NCCL"));
  EXPECT_THAT(message([] { NcclChannel("", ChannelMember{}); }), testing::HasSubstr("no NCCL"));
}

TEST(Nccl, RefusesAnIdOfTheWrongLength) {
  if (!has_nccl()) GTEST_SKIP() << "this build has no NCCL";
  EXPECT_THROW(NcclChannel("short", ChannelMember{}), base::Error);
}

}  // namespace
}  // namespace lorahub::workers
