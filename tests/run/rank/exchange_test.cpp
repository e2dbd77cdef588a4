#include "run/rank/exchange.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "objective/load_model.hpp"
#include "tensor/with_gpu.hpp"
#include "workers/nccl.hpp"

namespace lorahub::run {
namespace {

// tests/run/nccl tests several ranks.
// More than NCCL copies in one piece, so that the host has to wait, and a kernel that the waiting
// must not spoil.
TEST(Load, on_a_gpu_launches_kernels_after_a_long_exchange) {
  if (!workers::has_nccl() || !test::with_gpu()) GTEST_SKIP() << "no GPU, or a build without NCCL";
  const at::Tensor large = at::ones({int64_t{1} << 28}, at::kCUDA);  // 1 GiB
  workers::NcclChannel channel(workers::nccl_id(), {});
  exchange_tensors({{.tensor = large, .owner = 0}}, channel);
  channel.close();
  EXPECT_EQ((large.narrow(0, 0, 8) + 1).sum().item<float>(), 16);
}

TEST(Load, on_a_gpu_exchanges_exchanges_with_itself) {
  if (!workers::has_nccl() || !test::with_gpu()) GTEST_SKIP() << "no GPU, or a build without NCCL";
  const std::string model = SOURCE_DIR "/configs/model/mini";
  const objective::Hardware gpu{.device = base::Device::cuda};
  objective::PartlyLoadedModel mine = objective::load_share(model, study::Precision::bf16, gpu, {});
  objective::LoadedModel whole = objective::load_model(model, study::Precision::bf16, gpu);
  workers::NcclChannel channel(workers::nccl_id(), {});
  exchange_tensors(mine.tensors, channel);
  channel.close();
  const auto expected = whole.model->tensors();
  for (const auto& [name, tensor] : mine.loaded.model->tensors())
    EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name;
}

}  // namespace
}  // namespace lorahub::run
