#include "objective/load_model.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "workers/nccl.hpp"

namespace lorahub::objective {
namespace {

// Several ranks: tests/run/nccl.
TEST(Load, OneGpuExchangesWithItself) {
  if (!workers::has_nccl() || !at::hasCUDA()) GTEST_SKIP() << "no GPU, or a build without NCCL";
  const std::string model = SOURCE_DIR "/configs/model/mini";
  const Hardware gpu{.device = base::Device::cuda};
  PartlyLoadedMachine mine = load_share(model, study::Precision::bf16, gpu, {});
  objective::Machine whole = load_machine(model, study::Precision::bf16, gpu);
  workers::NcclChannel channel(workers::nccl_id(), {});
  run::exchange_tensors(mine.tensors, channel);
  const auto expected = model::t5::named(whole.network);
  for (const auto& [name, tensor] : model::t5::named(mine.machine.network))
    EXPECT_TRUE(at::equal(*tensor, *expected.at(name))) << name;
}

}  // namespace
}  // namespace lorahub::objective
