#include "base/launcher.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace lorahub::base {
namespace {

// Each test begins as a process that nobody launched, whatever started the tests.
class Launcher : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> names;
    for (char** variable = environ; *variable != nullptr; ++variable)
      if (const std::string text = *variable; is_of_launcher(text))
        names.push_back(text.substr(0, text.find('=')));
    for (const std::string& name : names) ::unsetenv(name.c_str());
  }
  void set(const char* name, const char* value) { ::setenv(name, value, 1); }
};

TEST_F(Launcher, OfAProcessByItselfIsNone) {
  EXPECT_FALSE(is_launched_by_mpi());
  EXPECT_EQ(launched_rank(), std::nullopt);
  EXPECT_EQ(launched_copies().count, 1);
  EXPECT_EQ(launched_copies().said_by, "");
}

TEST_F(Launcher, IsOpenMpi) {
  set("OMPI_COMM_WORLD_RANK", "3");
  set("OMPI_COMM_WORLD_SIZE", "4");
  EXPECT_TRUE(is_launched_by_mpi());
  EXPECT_TRUE(is_launched_by_open_mpi());
  EXPECT_EQ(launched_rank(), 3);
  EXPECT_EQ(launched_copies().said_by, "OMPI_COMM_WORLD_SIZE=4");
}

// Which GPU a rank takes is settled by this, before MPI begins.
TEST_F(Launcher, SaysTheRankOnTheNode) {
  EXPECT_EQ(launched_rank_on_node(), std::nullopt);
  const char* const names[] = {"SLURM_LOCALID", "MPI_LOCALRANKID", "OMPI_COMM_WORLD_LOCAL_RANK"};
  for (int i = 0; i < 3; ++i) {  // the inner one counts: mpirun within a step of Slurm
    set(names[i], std::to_string(i + 4).c_str());
    EXPECT_EQ(launched_rank_on_node(), i + 4) << names[i];
  }
}

TEST_F(Launcher, IsSrunWithPmix) {
  set("SLURM_STEP_NUM_TASKS", "8");
  EXPECT_FALSE(is_launched_by_mpi()) << "srun without --mpi tells MPI nothing";
  set("PMIX_RANK", "5");
  EXPECT_TRUE(is_launched_by_mpi());
  EXPECT_FALSE(is_launched_by_open_mpi());
  EXPECT_EQ(launched_rank(), 5);
  EXPECT_EQ(launched_copies().count, 8);
}

TEST_F(Launcher, IsTheInnermostOne) {
  set("SLURM_STEP_NUM_TASKS", "2");
  set("PMI_SIZE", "16");
  EXPECT_EQ(launched_copies().said_by, "PMI_SIZE=16");
  EXPECT_TRUE(is_launched_by_mpi());
}

TEST(LauncherVariable, IsNoSettingOfTheUser) {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE=4", "PMIX_RANK=0", "PMI_FD=5", "PALS_SIZE=2",
                               "SLURM_PROCID=1", "SLURM_STEP_ID=0"})
    EXPECT_TRUE(is_of_launcher(variable)) << variable;
  for (const char* variable : {"OMPI_MCA_pml=ob1", "OMPI_ALLOW_RUN_AS_ROOT=1", "SLURM_JOB_ID=7",
                               "HOME=/root", "SLURM_CPUS_ON_NODE=4", "XPMI_RANK=1"})
    EXPECT_FALSE(is_of_launcher(variable)) << variable;
}

}  // namespace
}  // namespace lorahub::base
