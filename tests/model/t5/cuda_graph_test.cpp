#include "tensor/cuda/cuda_graph.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "model/models.hpp"
#include "tensor/cuda/gpu_memory.hpp"
#include "tensor/threads.hpp"
#include "tensor/with_gpu.hpp"

namespace lorahub::model::t5 {
namespace {

using test::golden;
using test::Golden;
using test::random_adapter;

at::Tensor input(int call) { return at::full({2, 3}, call + 1, at::kFloat); }

TEST(CudaGraph, is_the_function_at_each_call) {
  tensor::CudaGraph twice(base::Device::cpu, [](const at::Tensor& x) { return 2 * x; });
  for (int call = 0; call < 4; ++call)
    EXPECT_TRUE(at::equal(twice(input(call)), 2 * input(call))) << call;
  EXPECT_FALSE(twice.is_recorded());
}

TEST(CudaGraph, on_a_gpu_replays_the_bits_of_the_plain_form) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const Golden g = golden("tiny_gated", dtype);
    const model::t5::Network network = test::on(at::kCUDA, g.network);
    const model::Adapter adapter =
        test::on(at::device(at::kCUDA).dtype(dtype), random_adapter(g.config, 3));
    const model::t5::LossBatch batch = pack(network, g.pairs, model::t5::biases(network, g.pairs));
    const auto losses = [&](const at::Tensor& size) {
      model::Adapter scaled = adapter;
      for (model::LowRank& low : scaled.slots) low.b = (low.b * size).to(dtype);
      return model::t5::token_losses(network, scaled, batch);
    };
    tensor::CudaGraph recorded(base::Device::cuda, losses);
    for (int call = 0; call < 5; ++call) {
      const at::Tensor size = at::full({1}, 0.3 * call, at::kFloat);
      const at::Tensor plain = losses(size.to(at::kCUDA)).cpu();
      EXPECT_TRUE(at::equal(recorded(size), plain)) << call;
      EXPECT_EQ(recorded.is_recorded(), call >= 1) << call;
    }
  }
}

// A graph keeps cuBLAS' workspace: two that had the same one would spoil each other's products.
TEST(CudaGraph, on_a_gpu_two_replay_at_a_time) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  const at::Tensor w =
      at::randn({4096, 4096}, at::kCUDA);  // few rows: products split over its sums
  const auto product = [&](const at::Tensor& x) { return x.matmul(w); };
  std::vector<std::unique_ptr<tensor::CudaGraph>> both;
  std::vector<at::Tensor> inputs, expected;
  for (int i = 0; i < 2; ++i) {
    both.push_back(std::make_unique<tensor::CudaGraph>(base::Device::cuda, product));
    inputs.push_back(at::randn({8, 4096}));
    (*both.back())(inputs.back());
    expected.push_back((*both.back())(inputs.back()));
    ASSERT_TRUE(both.back()->is_recorded());
  }
  tensor::share(2, 200, [&](int call) {
    static std::array<std::mutex, 2> one_at_a_time;
    const auto i = static_cast<size_t>(call % 2);
    const std::lock_guard lock(one_at_a_time[i]);
    EXPECT_TRUE(at::equal((*both[i])(inputs[i]), expected[i])) << call;
  });
}

TEST(CudaGraph, on_a_gpu_goes_on_with_what_cannot_be_recorded) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  tensor::CudaGraph waits(base::Device::cuda,
                          [](const at::Tensor& x) { return x * x.sum().item<double>(); });
  for (int call = 0; call < 4; ++call)
    EXPECT_TRUE(at::equal(waits(input(call)), input(call) * input(call).sum())) << call;
  EXPECT_FALSE(waits.is_recorded());
  // What a capture that CUDA has given up leaves open is closed.
  EXPECT_NO_THROW(at::rand({8}, at::kCUDA).cpu());
  EXPECT_TRUE(at::equal(at::ones({8}).pin_memory().cuda().cpu(), at::ones({8})));
}

// Trials come and go, each with graphs of its own, whose memory must serve the next ones.
TEST(CudaGraph, on_a_gpu_graphs_that_are_gone_leave_their_memory) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  double free_after_the_third = 0;
  for (int trial = 0; trial < 50; ++trial) {
    tensor::CudaGraph large(base::Device::cuda, [](const at::Tensor& x) {
      return x.new_ones({int64_t{1} << 25}).mul_(x.sum()).sum();  // 128 MiB
    });
    for (int call = 0; call < 3; ++call) large(input(call));
    ASSERT_TRUE(large.is_recorded());
    if (trial == 2) free_after_the_third = tensor::gpu_memory().free;
  }
  EXPECT_GE(tensor::gpu_memory().free, free_after_the_third);
}

}  // namespace
}  // namespace lorahub::model::t5
