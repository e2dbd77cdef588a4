#include "model/t5/reference.hpp"

#include <gtest/gtest.h>

#include "model/models.hpp"

namespace lorahub::model::t5 {
namespace {

using test::Golden;
using test::golden;

std::vector<double> values(const at::Tensor& losses) {
  const at::Tensor wide = losses.detach().to(at::kDouble).contiguous();
  return {wide.const_data_ptr<double>(), wide.const_data_ptr<double>() + wide.numel()};
}

TEST(Reference, agrees_with_transformers_to_the_last_digits_in_f64) {
  for (const char* name : {"tiny_gated", "tiny_relu"}) {
    const Golden g = golden(name, at::kDouble);
    const std::vector<double> sums = values(reference::loss_sums(g.network, {}, g.pairs));
    for (size_t k = 0; k < sums.size(); ++k) {
      const double exact = g.examples[k].at("loss_sum");
      EXPECT_NEAR(sums[k], exact, 1e-12 * std::max(1.0, exact)) << name << " " << k;
    }
  }
}

TEST(Reference, fast_path_agrees_with_it_under_adapters) {
  for (const char* name : {"tiny_gated", "tiny_relu", "small"}) {
    const Golden g = golden(name);
    const Adapter adapter = test::random_adapter(g.config, 1);
    const std::vector<double> slow = values(reference::loss_sums(g.network, adapter, g.pairs));
    const std::vector<double> fast = loss_sums(g.network, adapter, g.pairs);
    for (size_t k = 0; k < fast.size(); ++k) {
      EXPECT_NEAR(fast[k], slow[k], 1e-5 * std::max(1.0, slow[k])) << name << " " << k;
    }
  }
}

TEST(Reference, padding_id_inside_a_source_is_a_token) {
  const Golden g = golden("tiny_gated");
  const std::vector<Tokens> pairs = {{.source = {5, 0, 7, 1}, .target = {9, 0, 1}},
                                     {.source = {5, 7, 1}, .target = {0, 9, 4, 1}}};
  const std::vector<double> slow = values(reference::loss_sums(g.network, {}, pairs));
  const std::vector<double> fast = loss_sums(g.network, {}, pairs);
  for (size_t k = 0; k < 2; ++k) EXPECT_NEAR(fast[k], slow[k], 1e-5 * slow[k]);
}

// The derivative along a direction against central differences, in f64.
TEST(Reference, gradients_flow_to_adapters_and_weights) {
  Golden g = golden("tiny_gated", at::kDouble);
  Adapter adapter = test::random_adapter(g.config, 1);
  for (LowRank& low : adapter.slots) {
    low.a = low.a.to(at::kDouble);
    low.b = low.b.to(at::kDouble);
  }
  const int slot = g.network.decoder.blocks[1].cross.v.slot;
  at::Tensor& wo = g.network.encoder.blocks[0].ff.wo.weight;
  const auto loss = [&] { return reference::loss_sums(g.network, adapter, g.pairs).sum(); };
  for (at::Tensor* leaf : {&adapter.slots[slot].a, &adapter.slots[slot].b, &wo,
                           &g.network.embedding, &g.network.encoder.relative_bias}) {
    const at::Tensor start = leaf->detach().clone();
    const at::Tensor direction =
        test::hashed("direction", start.sizes(), 1).to(start.scalar_type());
    *leaf = start.clone().requires_grad_(true);
    loss().backward();
    const double slope = (leaf->grad() * direction).sum().item<double>();
    const double h = start.scalar_type() == at::kFloat ? 1e-3 : 1e-6;
    *leaf = start + h * direction;
    const double up = loss().item<double>();
    *leaf = start - h * direction;
    const double down = loss().item<double>();
    *leaf = start;
    EXPECT_GT(std::abs(slope), 1e-3);
    EXPECT_NEAR(slope, (up - down) / (2 * h), 1e-4 * std::abs(slope));
  }
}

}  // namespace
}  // namespace lorahub::model::t5
