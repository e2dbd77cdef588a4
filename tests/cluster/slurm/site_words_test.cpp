#include "cluster/slurm/site_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "cluster/slurm/fake_commands.hpp"

namespace lorahub::cluster::slurm {
namespace {

using testing::HasSubstr;

// The forms that sbatch's manual lists.
TEST(Seconds, ReadSlurmsTimes) {
  EXPECT_EQ(seconds("90", "t"), 5400);
  EXPECT_EQ(seconds("90:30", "t"), 5430);
  EXPECT_EQ(seconds("4:00:00", "t"), 14400);
  EXPECT_EQ(seconds("2-1", "t"), 2 * 86400 + 3600);
  EXPECT_EQ(seconds("2-1:30", "t"), 2 * 86400 + 5400);
  EXPECT_EQ(seconds("2-01:30:10", "t"), 2 * 86400 + 5410);
  EXPECT_GT(seconds("infinite", "t"), 1000000000);
  for (const char* bad : {"", "4h", "1:2:3:4", "-5", "1-", "x-1", "1::2", "5m", "1-2-3"})
    EXPECT_THROW(seconds(bad, "t"), base::Error) << bad;
}

class Launcher : public FakeCommands {};

TEST_F(Launcher, IsSrunWherePmixIs) {
  fake("srun", "echo 'MPI plugin types are...' >&2; echo '\tpmix' >&2; echo '\tnone' >&2");
  EXPECT_EQ(default_launcher(), "srun --mpi=pmix");
  fake("srun", "echo 'MPI plugin types are...'; echo '\tpmi2'; echo '\tnone'");
  EXPECT_EQ(default_launcher(), "mpirun");
  std::filesystem::remove(folder_ / "srun");
  only_fakes();
  EXPECT_EQ(default_launcher(), "mpirun");
}

// With the message that names the word.
std::string refusal(const std::vector<std::string>& words) {
  try {
    check_options(words);
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(Options, OfTheScriptAreRefused) {
  EXPECT_EQ(refusal({}), "");
  EXPECT_EQ(refusal({"--qos", "long", "--comment=--array"}), "");
  EXPECT_EQ(refusal({"--signal-free"}), "");
  EXPECT_THAT(refusal({"other.yaml"}), HasSubstr("'other.yaml' is not an option"));
  EXPECT_THAT(refusal({"--qos=x", "--array=1-9"}), HasSubstr("--array=1-9 after --"));
  EXPECT_THAT(refusal({"--no-requeue"}), HasSubstr("the script says that itself"));
}

}  // namespace
}  // namespace lorahub::cluster::slurm
