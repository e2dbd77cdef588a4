#include "run/devices.hpp"

#include <gmock/gmock.h>

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

TEST(Devices, WeightsAreExchangedWhereEachRankHasAGpuOfItsOwn) {
  const std::string first = "cuda 0000:17:00.0", second = "cuda 0000:65:00.0";
  EXPECT_TRUE(own_gpus({"n1", "n1", "n2"}, {first, second, first}));
  EXPECT_FALSE(own_gpus({"n1", "n1"}, {first, first}));
  EXPECT_FALSE(own_gpus({"n1", "n1"}, {first, "cpu"}));
  EXPECT_FALSE(own_gpus({"n1"}, {first})) << "nobody to exchange with";
}

}  // namespace
}  // namespace lorahub::run
