#include "tensor/differentiable.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

namespace lorahub::tensor {
namespace {

class Differentiable : public ::testing::Test {
 protected:
  Differentiable() { at::manual_seed(1); }
};

using Function = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Value and gradients of `f` in f32 against `formula` differentiated in f64.
void expect_same(const Function& f, const Function& formula, std::vector<at::Tensor> inputs) {
  std::vector<at::Tensor> narrow, wide;
  for (const at::Tensor& x : inputs) {
    narrow.push_back(x.to(at::kFloat).detach().clone().requires_grad_());
    wide.push_back(narrow.back().detach().to(at::kDouble).requires_grad_());
  }
  const at::Tensor y = f(narrow), exact = formula(wide);
  EXPECT_TRUE(at::allclose(y.to(at::kDouble), exact, 1e-5, 1e-6));
  const at::Tensor direction = at::randn(y.sizes(), at::kFloat);
  (y * direction).sum().backward();
  (exact * direction.to(at::kDouble)).sum().backward();
  for (size_t i = 0; i < inputs.size(); ++i)
    EXPECT_TRUE(at::allclose(narrow[i].grad().to(at::kDouble), wide[i].grad(), 1e-4, 1e-5)) << i;
}

// On both sides of the size from which on another library multiplies. Few rows: the weight's
// gradient sums over them, and of 210 terms f32 does not keep 1e-5 with every kernel.
TEST_F(Differentiable, product_has_the_formulas_gradients) {
  const auto product = [](const std::vector<at::Tensor>& in) {
    return differentiable::product(in[0], in[1]);
  };
  const auto formula = [](const std::vector<at::Tensor>& in) {
    return at::matmul(in[0], in[1].t());
  };
  for (const auto& [in, out] : {std::pair(256, 512), std::pair(391, 397), std::pair(16, 300)})
    for (const int64_t length : {1, 20})
      expect_same(product, formula, {at::randn({3, length, in}), at::randn({out, in}) / in});
}

// The values follow from the wide numbers, the gradients from the rounded ones.
TEST_F(Differentiable, scores_of_a_network_in_a_narrow_type) {
  const auto in = [](at::ScalarType type) {
    return [type](const std::vector<at::Tensor>& heads) {
      return differentiable::scores(heads[0], heads[1], type);
    };
  };
  const auto formula = [](const std::vector<at::Tensor>& heads) {
    return at::matmul(heads[0], heads[1].transpose(2, 3));
  };
  const at::Tensor q = at::randn({2, 3, 40, 16}), k = at::randn({2, 3, 50, 16});
  expect_same(in(at::kFloat), formula, {q, k});
  const at::Tensor x = q.clone().requires_grad_(), y = in(at::kBFloat16)({x, k});
  EXPECT_TRUE(at::equal(y, formula({q, k})));
  y.sum().backward();
  const at::Tensor exact = k.sum(2, true).expand_as(q);
  const double off = (x.grad() - exact).norm().item<double>() / exact.norm().item<double>();
  EXPECT_GT(off, 1e-4);
  EXPECT_LT(off, 4e-3);
}

TEST_F(Differentiable, product_of_a_frozen_weight) {
  const at::Tensor x = at::randn({5, 512}).requires_grad_(), w = at::randn({300, 512}) / 20;
  const at::Tensor y = differentiable::product(x, w);
  (y * y).sum().backward();
  EXPECT_FALSE(w.grad().defined());
  EXPECT_TRUE(at::allclose(x.grad(), at::mm(2 * y.detach(), w), 1e-4, 1e-4));
}

TEST_F(Differentiable, norm_has_the_formulas_gradients) {
  for (const int64_t width : {1, 7, 64, 515}) {
    const auto norm = [](const std::vector<at::Tensor>& in) {
      return differentiable::rms_norm(in[0], in[1], 1e-6);
    };
    const auto formula = [](const std::vector<at::Tensor>& in) {
      return in[0] * (in[0].square().mean(-1, true) + 1e-6).rsqrt() * in[1];
    };
    expect_same(norm, formula, {at::randn({3, 5, width}) * 2, at::randn({width})});
  }
}

TEST_F(Differentiable, gate_has_the_formulas_gradients) {
  const auto gate = [](const std::vector<at::Tensor>& in) {
    return differentiable::gelu_gate(in[0], in[1]);
  };
  const auto formula = [](const std::vector<at::Tensor>& in) {
    return at::gelu(in[0], "tanh") * in[1];
  };
  expect_same(gate, formula, {at::randn({3, 333}) * 3, at::randn({3, 333})});
  expect_same(gate, formula, {at::linspace(-60, 60, 1000), at::ones({1000})});
}

TEST_F(Differentiable, transposed_inputs_are_read_as_they_stand) {
  const at::Tensor x = at::randn({6, 8}).t(), w = at::randn({6});
  const at::Tensor y = differentiable::rms_norm(x, w, 1e-6);
  EXPECT_TRUE(at::allclose(y, differentiable::rms_norm(x.contiguous(), w, 1e-6)));
}

}  // namespace
}  // namespace lorahub::tensor
