#include "run/rank/exchange.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "objective/load_model.hpp"
#include "workers/nccl.hpp"

namespace lorahub::run {
namespace {

// tests/run/nccl tests several ranks.
TEST(Load, OneGpuExchangesWithItself) {
  if (!workers::has_nccl() || !at::hasCUDA()) GTEST_SKIP() << "no GPU, or a build without NCCL";
  const std::string model = SOURCE_DIR "/configs/model/mini";
  const objective::Hardware gpu{.device = base::Device::cuda};
  objective::PartlyLoadedModel mine = objective::load_share(model, study::Precision::bf16, gpu, {});
  objective::LoadedModel whole = objective::load_model(model, study::Precision::bf16, gpu);
  workers::NcclChannel channel(workers::nccl_id(), {});
  exchange_tensors(mine.tensors, channel);
  const auto expected = whole.model->tensors();
  for (const auto& [name, tensor] : mine.loaded.model->tensors())
    EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name;
}

}  // namespace
}  // namespace lorahub::run
