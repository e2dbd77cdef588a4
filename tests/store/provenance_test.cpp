#include "store/provenance.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>

namespace lorahub::store {
namespace {

using testing::ContainsRegex;
using testing::MatchesRegex;

TEST(Environment, NamesWhatARunWasMadeWith) {
  ::setenv("SLURM_JOB_ID", "4711", 1);
  ::setenv("OMP_NUM_THREADS", "3", 1);
  const auto values = environment();
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  EXPECT_EQ(values.at("host"), host);
  EXPECT_EQ(values.at("version"), version());
  EXPECT_EQ(values.at("commit"), commit());
  EXPECT_EQ(values.at("SLURM_JOB_ID"), "4711");
  EXPECT_EQ(values.at("OMP_NUM_THREADS"), "3");
  EXPECT_THAT(values.at("hdf5"), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(values.at("started_utc"), MatchesRegex("[0-9-]+T[0-9:]+Z"));
  EXPECT_THAT(values.at("compiler"), ContainsRegex("[0-9]+\\.[0-9]"));
  EXPECT_GE(std::atoi(values.at("cores").c_str()), 1);
  EXPECT_GT(std::atof(values.at("memory").c_str()), 0.1);
  ::unsetenv("SLURM_JOB_ID");
  EXPECT_FALSE(environment().contains("SLURM_JOB_ID"));
}

// Hexadecimal digits, "+" when files were changed; "unknown" outside a checkout.
TEST(Environment, CommitIsThatOfTheCheckout) {
  EXPECT_THAT(commit(), MatchesRegex("unknown|[0-9a-f]+[+]?"));
}

TEST(Environment, VersionIsThreeNumbers) {
  EXPECT_THAT(version(), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace lorahub::store
