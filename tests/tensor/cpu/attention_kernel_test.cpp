#include "tensor/cpu/attention_kernel.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tensor/hash_weights.hpp"

namespace lorahub::tensor {
namespace {

constexpr int64_t kHeads = 3;

struct Case {
  int64_t queries, keys, width;
};
std::string text(const Case& c) {
  return std::to_string(c.queries) + "x" + std::to_string(c.keys) + "x" + std::to_string(c.width);
}
void PrintTo(const Case& c, std::ostream* out) { *out << text(c); }

class HeadsOf : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!fits_heads(16)) GTEST_SKIP() << "no AVX-512";
  }
  int64_t stride() const { return kHeads * GetParam().width; }
  at::Tensor q = test::hashed("q", {GetParam().queries, stride()}, 1);
  at::Tensor k = test::hashed("k", {GetParam().keys, stride()}, 1);
  at::Tensor v = test::hashed("v", {GetParam().keys, stride()}, 1);
  at::Tensor bias = test::hashed("bias", {kHeads, GetParam().queries, GetParam().keys}, 2);

  at::Tensor attended(const at::Tensor& from, const Bias& added) const {
    at::Tensor out = at::full({from.size(0), stride()}, 1e9);
    Workspace workspace(7, std::nanf(""));  // what another call has left
    attend_heads({.count = kHeads, .width = GetParam().width, .stride = stride()},
                 {.q = from.const_data_ptr<float>(),
                  .k = k.const_data_ptr<float>(),
                  .v = v.const_data_ptr<float>(),
                  .out = out.mutable_data_ptr<float>(),
                  .queries = from.size(0),
                  .keys = k.size(0)},
                 added, workspace);
    return out;
  }
  Bias all_bias() const {
    return {.values = bias.const_data_ptr<float>(), .head = bias.stride(0), .row = bias.stride(1)};
  }
  at::Tensor formula(const at::Tensor& added) const {  // in f64
    const auto heads = [](const at::Tensor& rows) {
      return rows.view({rows.size(0), kHeads, -1}).transpose(0, 1).to(at::kDouble);
    };
    at::Tensor scores = at::matmul(heads(q), heads(k).transpose(1, 2));
    if (added.defined()) scores = scores + added.to(at::kDouble);
    return at::matmul(at::softmax(scores, -1), heads(v)).transpose(0, 1).reshape(q.sizes());
  }
};

TEST_P(HeadsOf, are_the_formula) {
  EXPECT_LT((attended(q, {}) - formula({})).abs().max().item<double>(), 2e-6);
  EXPECT_LT((attended(q, all_bias()) - formula(bias)).abs().max().item<double>(), 2e-6);
}

TEST_P(HeadsOf, a_query_does_not_see_the_others_to_the_bit) {
  const at::Tensor all = attended(q, {});
  for (const int64_t row : {int64_t{0}, q.size(0) / 2, q.size(0) - 1})
    EXPECT_TRUE(at::equal(attended(q.narrow(0, row, 1).contiguous(), {})[0], all[row])) << row;
}

TEST_P(HeadsOf, keys_at_minus_infinity_are_not_seen) {
  bias.narrow(2, 1, k.size(0) - 1).fill_(-std::numeric_limits<float>::infinity());
  const at::Tensor first = v[0].expand_as(q);
  EXPECT_TRUE(at::equal(attended(q, all_bias()), first));
}

INSTANTIATE_TEST_SUITE_P(Shapes, HeadsOf,
                         testing::Values(Case{1, 1, 16}, Case{4, 4, 64}, Case{5, 17, 64},
                                         Case{103, 103, 64}, Case{9, 48, 32}, Case{8, 65, 80},
                                         Case{61, 250, 16}),
                         [](const auto& c) { return text(c.param); });

// Scores so far apart that all but one weight is 0, and so large that e^score would overflow.
TEST(AttentionHeads, are_finite_at_extreme_scores_and_nan_at_nan) {
  if (!fits_heads(16)) GTEST_SKIP() << "no AVX-512";
  at::Tensor q = at::zeros({1, 16}), k = at::zeros({20, 16}), v = at::zeros({20, 16});
  q[0][0] = 1;
  k[3][0] = 1e30;
  k[4][0] = -1e30;
  v.copy_(at::arange(20, at::kFloat).unsqueeze(1).expand({20, 16}));
  at::Tensor out = at::empty({1, 16});
  Workspace workspace;
  const auto attend = [&] {
    attend_heads({.count = 1, .width = 16, .stride = 16},
                 {.q = q.const_data_ptr<float>(),
                  .k = k.const_data_ptr<float>(),
                  .v = v.const_data_ptr<float>(),
                  .out = out.mutable_data_ptr<float>(),
                  .queries = 1,
                  .keys = 20},
                 {}, workspace);
  };
  attend();
  EXPECT_TRUE(at::equal(out, at::full({1, 16}, 3.0f))) << out;
  k[7][0] = std::nanf("");
  attend();
  EXPECT_TRUE(out.isnan().all().item<bool>()) << out;
}

}  // namespace
}  // namespace lorahub::tensor
