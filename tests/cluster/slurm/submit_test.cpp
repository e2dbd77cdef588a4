// sbatch's answers, from a fake command.
#include "cluster/slurm/submit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "cluster/slurm/fake_commands.hpp"

namespace lorahub::cluster::slurm {
namespace {

using testing::HasSubstr;

class Submit : public FakeCommands {
 protected:
  std::string error_of_submit() {
    try {
      submit("x/run.sbatch", "");
    } catch (const base::Error& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(Submit, ReturnsTheId) {
  fake("sbatch", "echo 41");
  EXPECT_EQ(submit("x/run.sbatch", "40"), "41");
  EXPECT_THAT(read_all(folder_ / "calls"),
              HasSubstr("--parsable --dependency=afterany:40 x/run.sbatch"));
  fake("sbatch", "echo '41;juno'");  // several clusters
  EXPECT_EQ(submit("x/run.sbatch", ""), "41");
}

TEST_F(Submit, NamesTheProblem) {
  fake("sbatch",
       "echo 'sbatch: error: invalid partition specified: x' >&2; echo 'sbatch: error: Batch job "
       "submission failed: Invalid partition name specified' >&2; exit 1");
  EXPECT_EQ(error_of_submit(),
            "sbatch refused x/run.sbatch (invalid partition specified: x; Batch job submission "
            "failed: Invalid partition name specified), mend the request; options for sbatch go "
            "after --");
  fake("sbatch", "echo Welcome to juno");
  EXPECT_THAT(error_of_submit(), HasSubstr("a job id was expected"));
  fake("sbatch", "kill -9 $$");
  EXPECT_THAT(error_of_submit(), HasSubstr("ended with 137"));
  std::filesystem::remove(folder_ / "sbatch");
  only_fakes();
  EXPECT_THAT(error_of_submit(), HasSubstr("no sbatch on this machine"));
}

}  // namespace
}  // namespace lorahub::cluster::slurm
