#include "cluster/site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "process.hpp"

namespace lorahub::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SiteFile : public testing::Test {
 protected:
  SiteFile() { std::filesystem::create_directories(folder_ / "configs/cluster"); }
  Site read(const std::string& text) {
    std::ofstream(folder_ / "configs/cluster/juno.yaml") << text;
    return read_site("juno", folder_);
  }
  std::string error(const std::string& text) {
    try {
      read(text);
    } catch (const base::Error& e) {
      return e.what();
    }
    return "";
  }
  std::filesystem::path folder_ = fresh_folder("site");
};

TEST_F(SiteFile, SaysWhatTheSiteWants) {
  const Site site = read(
      "preamble: [module purge, module load openmpi]\nlauncher: mpirun --bind-to none\n"
      "program: apptainer run x.sif\npartition: gpu\naccount: p1\ntime: 1-00:00:00\nnodes: 2\n"
      "scheduler: slurm\nranks: 8\ngpus: 4\noptions: [--qos=long]\nrestarts: 0\nrequeues: "
      "7\nwarning: 300\n");
  EXPECT_THAT(site.preamble, ElementsAre("module purge", "module load openmpi"));
  EXPECT_EQ(site.scheduler, "slurm");
  EXPECT_EQ(site.launcher, "mpirun --bind-to none");
  EXPECT_EQ(site.program, "apptainer run x.sif");
  EXPECT_EQ(site.defaults.partition, "gpu");
  EXPECT_EQ(site.defaults.account, "p1");
  EXPECT_EQ(site.defaults.time, "1-00:00:00");
  EXPECT_EQ(site.defaults.nodes, 2);
  EXPECT_EQ(site.defaults.ranks, 8);
  EXPECT_EQ(site.defaults.gpus, 4);
  EXPECT_THAT(site.defaults.options, ElementsAre("--qos=long"));
  EXPECT_EQ(site.restarts, 0);
  EXPECT_EQ(site.requeues, 7);
  EXPECT_EQ(site.warning, 300);
}

TEST_F(SiteFile, APreambleMayBeABlockOfText) {
  EXPECT_THAT(read("preamble: |\n  module purge\n  export A='b c'\n").preamble,
              ElementsAre("module purge", "export A='b c'"));
}

TEST_F(SiteFile, ErrorsNameFileAndLine) {
  EXPECT_THAT(error("time: 60\npartitoin: gpu\n"), HasSubstr("juno.yaml:2: unknown key"));
  EXPECT_THAT(error("partitoin: gpu\n"), HasSubstr("did you mean 'partition'"));
  EXPECT_THAT(error("ranks: many\n"), HasSubstr("juno.yaml:1: 'many' is not a whole number"));
  EXPECT_THAT(error("ranks: 0\n"), HasSubstr("at least 1"));
  EXPECT_THAT(error("\ntime: 4h\n"), HasSubstr("juno.yaml:2: '4h' is not a time limit"));
  EXPECT_THAT(error("launcher: aprun\n"), HasSubstr("launcher 'aprun' is not known"));
  EXPECT_THAT(
      error("time: 60\nscheduler: pbs\n"),
      HasSubstr("juno.yaml:2: scheduler 'pbs' is not known (it runs the jobs), write slurm"));
  EXPECT_THROW(read_site("luno", folder_), base::Error);
}

TEST(Example, IsReadAsItStands) {
  const Site site = read_site("example", SOURCE_DIR "/experiments");
  EXPECT_EQ(site.launcher, "auto");
  EXPECT_EQ(site.defaults.ranks, 16);
  EXPECT_EQ(site.warning, Site{}.warning);
}

TEST(Resolved, FillsUpWithTheSite) {
  const Site site{.defaults = {.nodes = 2, .ranks = 8, .time = "60", .partition = "p"}};
  EXPECT_EQ(resolved({}, site).ranks, 8);
  EXPECT_EQ(resolved({.ranks = 4}, site).ranks, 4);
  EXPECT_EQ(resolved({.gpus = 4}, site).ranks, 4);  // one a GPU
  EXPECT_EQ(resolved({.time = "30"}, site).time, "30");
  EXPECT_EQ(resolved({}, {}).ranks, 1);
  EXPECT_EQ(resolved({.nodes = 3}, {}).ranks, 3);
  EXPECT_THROW(resolved({.nodes = 9}, site), base::Error);
}

}  // namespace
}  // namespace lorahub::cluster
