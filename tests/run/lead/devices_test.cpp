#include "run/lead/devices.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "run/rank/device_text.hpp"
#include "tensor/libtorch_version.hpp"

namespace lorahub::run {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Devices, AGpuOfSeveralRanksIsSaid) {
  const std::string first = "cuda 0000:17:00.0", second = "cuda 0000:65:00.0";
  EXPECT_THAT(shared_gpus({"n1", "n1", "n2"}, {first, second, first}), IsEmpty());
  EXPECT_THAT(shared_gpus({"n1", "n1"}, {"cpu", "cpu"}), IsEmpty());
  EXPECT_THAT(shared_gpus({"n1", "n1", "n1", "n2"}, {first, second, first, first}),
              ElementsAre(AllOf(HasSubstr("ranks 0, 2 "), HasSubstr("0000:17:00.0 of n1"))));
}

TEST(Devices, ProcessorsThatAreUnlikeAreSaid) {
  const std::string wide = "cpu, AVX512, A", narrow = "cpu, AVX2, B";
  EXPECT_EQ(unlike_ranks({wide, wide, wide}), "");
  EXPECT_EQ(unlike_ranks({wide, wide, narrow}), "rank 2: cpu, AVX2, B; rank 0: cpu, AVX512, A");
  EXPECT_EQ(unlike_ranks({"cuda 0000:17:00.0", "cuda 0000:65:00.0"}), "");
}

TEST(Devices, ACpuSaysWhatChangesItsBits) {
  ::setenv("MKL_CBWR", "COMPATIBLE", 1);
  EXPECT_THAT(device_text({}), AllOf(HasSubstr("cpu, "), HasSubstr(tensor::processor_features()),
                                     HasSubstr("MKL_CBWR=COMPATIBLE")));
  ::unsetenv("MKL_CBWR");
  EXPECT_THAT(device_text({}), testing::Not(HasSubstr("MKL_CBWR")));
}

TEST(Devices, WeightsAreExchangedWhereEachRankHasAGpuOfItsOwn) {
  const std::string first = "cuda 0000:17:00.0", second = "cuda 0000:65:00.0";
  EXPECT_TRUE(own_gpus({"n1", "n1", "n2"}, {first, second, first}));
  EXPECT_FALSE(own_gpus({"n1", "n1"}, {first, first}));
  EXPECT_FALSE(own_gpus({"n1", "n1"}, {first, "cpu"}));
  EXPECT_FALSE(own_gpus({"n1"}, {first})) << "nobody to exchange with";
}

}  // namespace
}  // namespace lorahub::run
