// How work is cut into tiles.
#include "plan/trial_inputs.hpp"

#include <gtest/gtest.h>

namespace lorahub::plan {
namespace {

search::TileShape shape(int generation, base::Device device, size_t length = 256) {
  return tile_shape(
      {.sources = std::vector<size_t>(5, length), .generation = generation, .device = device});
}

// A core takes one candidate of 1280 rows; a GPU as many as make 16,384, evenly.
TEST(TileShape, FillsACoresCacheOrAGpu) {
  const search::TileShape core = shape(12, base::Device::cpu), gpu = shape(12, base::Device::cuda),
                          more = shape(40, base::Device::cuda);
  EXPECT_EQ(core.candidates, 1);
  EXPECT_EQ(gpu.candidates, 12);
  EXPECT_EQ(more.candidates, 10) << "four tiles, none smaller than the others";
  for (const search::TileShape& tile : {core, gpu, more}) EXPECT_EQ(tile.examples, 5);
}

TEST(TileShape, OutsideATrialFillsAGpuToo) {
  const Cut cut{.sources = std::vector<size_t>(5, 256), .generation = 12};
  EXPECT_EQ(tile_shape_alone(cut).candidates, 1);
  EXPECT_EQ(tile_shape_alone(cut).examples, 64);
  Cut on_gpu = cut;
  on_gpu.device = base::Device::cuda;
  EXPECT_EQ(tile_shape_alone(on_gpu).candidates, 12);
}

TEST(TileShape, LongExamplesAreCutApart) {
  EXPECT_EQ(shape(12, base::Device::cpu, 1000).examples, 2);
  EXPECT_EQ(shape(12, base::Device::cuda, 10000).examples, 3);
}

TEST(TileShape, ShortExamplesShareATile) {
  EXPECT_EQ(shape(12, base::Device::cpu, 50).candidates, 4);  // 250 rows each
  EXPECT_EQ(shape(6, base::Device::cuda, 50).candidates, 6) << "never more than a generation";
}

}  // namespace
}  // namespace lorahub::plan
