#include "workers/nccl.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"

namespace lorahub::workers {
namespace {

TEST(Nccl, SaysSoWhereTheBuildHasNone) {
  if (has_nccl()) GTEST_SKIP() << "this build has NCCL";
  EXPECT_THROW(nccl_id(), base::Error);
  EXPECT_THROW(NcclChannel("", Share{}), base::Error);
}

TEST(Nccl, RefusesAnIdOfTheWrongLength) {
  EXPECT_THROW(NcclChannel("short", Share{}), base::Error);
}

}  // namespace
}  // namespace lorahub::workers
