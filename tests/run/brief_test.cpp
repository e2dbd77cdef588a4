// How work is cut into tiles.
#include "run/brief.hpp"

#include <gtest/gtest.h>

namespace lorahub::run {
namespace {

search::TileShape shape(int generation, t5::Device device, size_t length = 256) {
  return tile_shape(
      {.sources = std::vector<size_t>(5, length), .generation = generation, .device = device});
}

// A core takes one candidate of 1280 rows; a GPU as many as make 16,384, evenly.
TEST(TileShape, FillsACoresCacheOrAGpu) {
  const search::TileShape core = shape(12, t5::Device::cpu), gpu = shape(12, t5::Device::cuda),
                          more = shape(40, t5::Device::cuda);
  EXPECT_EQ(core.candidates, 1);
  EXPECT_EQ(gpu.candidates, 12);
  EXPECT_EQ(more.candidates, 10) << "four tiles, none smaller than the others";
  for (const search::TileShape& tile : {core, gpu, more}) EXPECT_EQ(tile.examples, 5);
}

TEST(TileShape, LongExamplesAreCutApart) {
  EXPECT_EQ(shape(12, t5::Device::cpu, 1000).examples, 2);
  EXPECT_EQ(shape(12, t5::Device::cuda, 10000).examples, 3);
}

TEST(TileShape, ShortExamplesShareATile) {
  EXPECT_EQ(shape(12, t5::Device::cpu, 50).candidates, 4);  // 250 rows each
  EXPECT_EQ(shape(6, t5::Device::cuda, 50).candidates, 6) << "never more than a generation";
}

}  // namespace
}  // namespace lorahub::run
