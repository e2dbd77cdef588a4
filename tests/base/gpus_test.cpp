#include "base/gpus.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace lorahub::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Gpus : public testing::Test {
 protected:
  void SetUp() override { set(nullptr); }
  void TearDown() override { before_ ? ::setenv(kName, before_->c_str(), 1) : ::unsetenv(kName); }
  static void set(const char* value) {
    value == nullptr ? ::unsetenv(kName) : ::setenv(kName, value, 1);
  }

 private:
  static constexpr const char* kName = "CUDA_VISIBLE_DEVICES";
  const std::optional<std::string> before_ =
      ::getenv(kName) == nullptr ? std::nullopt : std::optional<std::string>(::getenv(kName));
};

TEST_F(Gpus, TheVariableIsReadAsCudaReadsIt) {
  set("2,0");
  EXPECT_THAT(visible_gpus(), ElementsAre("2", "0"));
  set(" GPU-8932f937 ,MIG-1, 3");
  EXPECT_THAT(visible_gpus(), ElementsAre("GPU-8932f937", "MIG-1", "3"));
  set("1,-1,0");  // those after a wrong one don't count
  EXPECT_THAT(visible_gpus(), ElementsAre("1"));
  for (const char* none : {"", "-1", "NoDevFiles"}) {
    set(none);
    EXPECT_THAT(visible_gpus(), IsEmpty()) << none;
  }
}

TEST_F(Gpus, WithoutItTheDriversFolderIsCounted) {
  const Path folder = testing::TempDir() + "gpus";
  std::filesystem::remove_all(folder);
  EXPECT_THAT(visible_gpus(folder), IsEmpty());
  for (const char* address : {"0000:17:00.0", "0000:65:00.0", "0000:ca:00.0"})
    std::filesystem::create_directories(folder / address);
  EXPECT_THAT(visible_gpus(folder), ElementsAre("0", "1", "2"));
}

TEST_F(Gpus, RanksOfANodeTakeOneEachRoundAndRound) {
  const std::vector<std::string> visible = {"0", "3"};
  EXPECT_EQ(gpu_of(0, visible), "0");
  EXPECT_EQ(gpu_of(1, visible), "3");
  EXPECT_EQ(gpu_of(2, visible), "0");
  EXPECT_EQ(gpu_of(5, {"7"}), "7");  // Slurm gave each task its own
  EXPECT_EQ(gpu_of(0, {}), std::nullopt);
}

TEST_F(Gpus, AClaimedGpuIsTheOnlyOneLeft) {
  set("4,5");
  EXPECT_EQ(claim_gpu(1), "5");
  EXPECT_THAT(visible_gpus(), ElementsAre("5"));
  set("");
  EXPECT_EQ(claim_gpu(0), std::nullopt);
}

}  // namespace
}  // namespace lorahub::base
