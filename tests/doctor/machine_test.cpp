#include "doctor/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace lorahub::doctor {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A folder that is PATH, with these programs alone: name and shell script.
class MachineTest : public testing::Test {
 protected:
  MachineTest() : path_(std::getenv("PATH")) { ::setenv("PATH", folder_.c_str(), 1); }
  ~MachineTest() override {
    ::setenv("PATH", path_.c_str(), 1);
    for (const char* name : {"LORAHUB_CONFIGS", "XDG_CACHE_HOME", "CUDA_VISIBLE_DEVICES", "LC_ALL"})
      ::unsetenv(name);
  }
  void program(const std::string& name, const std::string& script) {
    std::ofstream(folder_ / name) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
  }
  std::string path_;
  std::filesystem::path folder_ = fresh_folder("doctor_path");
};

TEST_F(MachineTest, ProgramsThatAreNotThereAreNothing) {
  const Machine machine = look("true");
  EXPECT_FALSE(machine.two_ranks || machine.gnuplot || machine.sbatch);
}

TEST_F(MachineTest, ProgramsSayTheirVersionOrWhyTheyDoNotRun) {
  program("gnuplot", "echo 'gnuplot 5.4 patchlevel 4'");
  program("sbatch", "echo 'sbatch: no slurm.conf' >&2; exit 1");
  const Machine machine = look("");
  EXPECT_TRUE(machine.gnuplot->worked);
  EXPECT_EQ(machine.gnuplot->said, "gnuplot 5.4 patchlevel 4");
  EXPECT_FALSE(machine.sbatch->worked);
  EXPECT_EQ(machine.sbatch->said, "sbatch: no slurm.conf");
}

TEST_F(MachineTest, RanksAreTwoThatKnowOfEachOther) {
  program("mpirun", "echo 2; echo 2");
  EXPECT_TRUE(look("true").two_ranks->worked);
  program("mpirun", "echo 1; echo 1");  // the mpirun of another MPI
  EXPECT_FALSE(look("true").two_ranks->worked);
  program("mpirun", "[ $1 = --version ] && exit; echo ------; echo no slots; exit 1");
  EXPECT_FALSE(look("true").two_ranks->worked);
  EXPECT_EQ(look("true").two_ranks->said, "no slots");
  EXPECT_FALSE(look("").two_ranks.has_value());  // not tried
}

TEST_F(MachineTest, FoldersAreThoseOfTheVariables) {
  ::setenv("LORAHUB_CONFIGS", SOURCE_DIR "/configs", 1);
  ::setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
  const Machine machine = look("");
  EXPECT_EQ(machine.pieces, SOURCE_DIR "/configs");
  EXPECT_THAT(machine.models, Contains("mini"));
  EXPECT_EQ(machine.cache, folder_ / "lorahub");
  EXPECT_EQ(machine.cache_problem, "");
  EXPECT_FALSE(std::filesystem::exists(machine.cache));  // looking leaves nothing
}

TEST_F(MachineTest, ACacheThatIsAFileIsAProblem) {
  std::ofstream(folder_ / "file") << "x";
  ::setenv("XDG_CACHE_HOME", (folder_ / "file").c_str(), 1);
  EXPECT_THAT(look("").cache_problem, HasSubstr("file"));
}

TEST_F(MachineTest, SaysWhatThisProcessHas) {
  ::setenv("CUDA_VISIBLE_DEVICES", "3,4", 1);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  const Machine machine = look("");
  EXPECT_THAT(machine.gpus, testing::ElementsAre("3", "4"));
  EXPECT_EQ(machine.character_set, "UTF-8");
  EXPECT_GE(machine.usable_cores, 1);
  EXPECT_LE(machine.usable_cores, machine.cores);
  EXPECT_GT(machine.free_memory, 1e6);
  EXPECT_GT(machine.free_disk, 0);
  EXPECT_THAT(machine.memory_limit, Not(IsEmpty()));
  EXPECT_THAT(machine.libraries,
              Contains(testing::ResultOf(
                  [](const std::filesystem::path& file) { return file.filename().string(); },
                  "libtorch_cpu.so")));
}

TEST(Doctor, OfThisMachineFindsTwoRanksOfTheProgramAndItsPieces) {
  const Ended ended =
      run_command("cd /tmp && LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " doctor --json");
  EXPECT_EQ(ended.code, 0) << ended.err;
  const auto report = nlohmann::json::parse(ended.out);
  EXPECT_EQ(report["can_adapt"], true);
  bool said = false;
  for (const auto& finding : report["findings"])
    if (finding["subject"] == "ranks") {
      said = true;
      EXPECT_THAT(finding["found"], HasSubstr("mpirun has started two")) << finding;
    }
  EXPECT_TRUE(said);
}

TEST(Doctor, WhereAdaptCannotWorkTheCodeIs2) {
  const auto folder = fresh_folder("doctor_alone");
  const Ended ended =
      run_command("cp " PROGRAM " " + quoted(folder / "lorahub") + " && cd " + quoted(folder) +
                  " && LORAHUB_CONFIGS= PATH=/bin ./lorahub doctor");
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("no  pieces"));
  EXPECT_THAT(ended.out, HasSubstr("`lorahub adapt` does not work here"));
}

TEST(Doctor, IsAskedOnce) {
  const Ended ended = run_command("mpirun -np 2 " PROGRAM " doctor");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("2 copies of `lorahub doctor` were started"));
}

}  // namespace
}  // namespace lorahub::doctor
