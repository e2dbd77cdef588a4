#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/check.hpp"
#include "model/models.hpp"
#include "model/relative_error.hpp"
#include "model/t5/delta_layers.hpp"
#include "model/t5/loss.hpp"

namespace lorahub::model::delta {
namespace {

using test::Golden;
using test::golden;
using test::one_of;
using test::random_adapter;

bool has_int8() { return __builtin_cpu_supports("avx512vnni") != 0; }

enum class Type { bf16, int8 };
struct Case {
  const char* shape;
  Type type;
};
std::string text(const Case& c) {
  return std::string(c.shape) + (c.type == Type::int8 ? "_int8" : "_bf16");
}
void PrintTo(const Case& c, std::ostream* out) { *out << text(c); }

struct Rig {
  Golden g;
  std::shared_ptr<const NarrowWeights> weights;
  Trajectory base;

  explicit Rig(const Case& c)
      : g(golden(c.shape)),
        weights(c.type == Type::int8 ? int8_weights(t5::delta_layers(g.network))
                                     : bf16_weights(t5::delta_layers(g.network))),
        base(pass_of({})) {}
  Trajectory pass_of(const Adapter& adapter) const {
    return trajectory(
        [&](const tensor::Products& by) { t5::loss_sums(g.network, adapter, g.pairs, by); });
  }
  // The sum over the examples of each candidate.
  std::vector<double> losses(const std::vector<double>& sums) const {
    std::vector<double> all;
    const auto step = std::ssize(g.pairs);
    for (auto own = sums.begin(); own != sums.end(); own += step)
      all.push_back(std::accumulate(own, own + step, 0.0));
    return all;
  }
  std::vector<double> exact(const Adapter& adapter) const {
    return model::t5::loss_sums(g.network, adapter, g.pairs);
  }
  std::vector<double> delta(const Adapter& adapter) const {
    return model::t5::loss_sums(g.network, adapter, g.pairs, *weights->products(base));
  }
};

class DeltaShapes : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (GetParam().type == Type::int8 && !has_int8()) GTEST_SKIP() << "no AVX512-VNNI";
  }
};

// Nothing moves: the base model itself, exactly.
TEST_P(DeltaShapes, at_the_base_it_is_exact) {
  const Rig rig(GetParam());
  const std::vector<double> exact = rig.exact({}), delta = rig.delta({});
  for (size_t k = 0; k < exact.size(); ++k) EXPECT_NEAR(delta[k], exact[k], 1e-5 * exact[k]) << k;
}

// Adapters that move the loss by little: the error is a small part of what they move it.
TEST_P(DeltaShapes, candidates_keep_their_order) {
  const Rig rig(GetParam());
  const Adapter adapter = random_adapter(rig.g.config, 12, 0.1);
  const std::vector<double> x = rig.losses(rig.exact(adapter)), y = rig.losses(rig.delta(adapter));
  const double error = test::relative_error(x, y);
  EXPECT_GT(error, 0);  // it was not computed in f32
  EXPECT_LT(error, GetParam().type == Type::int8 ? 0.1 : 0.02);
  RecordProperty("relative_error", std::to_string(error));
}

TEST_P(DeltaShapes, at_the_centre_it_is_exact) {
  Rig rig(GetParam());
  const Adapter centre = random_adapter(rig.g.config, 1);
  rig.base = rig.pass_of(centre);
  const std::vector<double> exact = rig.exact(centre), delta = rig.delta(centre);
  for (size_t k = 0; k < exact.size(); ++k) EXPECT_NEAR(delta[k], exact[k], 1e-5 * exact[k]) << k;
}

// Candidates around one that is far from the base: each differs from it by a tenth of what it
// differs from the base by.
TEST_P(DeltaShapes, far_from_the_base_a_pass_of_the_middle_tells_candidates_apart_better) {
  Rig rig(GetParam());
  Adapter adapter = random_adapter(rig.g.config, 12);
  for (LowRank& low : adapter.slots) {
    const at::Tensor b = low.b.narrow(0, 0, 1);
    low.a = low.a.narrow(0, 0, 1).expand_as(low.a).contiguous();
    low.b = b + 0.1 * (low.b - b);
  }
  const std::vector<double> exact = rig.losses(rig.exact(adapter));
  const double from_base = test::relative_error(exact, rig.losses(rig.delta(adapter)));
  rig.base = rig.pass_of(one_of(adapter, 0));
  const double from_middle = test::relative_error(exact, rig.losses(rig.delta(adapter)));
  EXPECT_LT(from_middle, from_base / 2);
  RecordProperty("from_base", std::to_string(from_base));
  RecordProperty("from_middle", std::to_string(from_middle));
}

// Inputs differ by f32's own 1e-6 or so, which may round to another byte; the bound allows for
// that.
TEST_P(DeltaShapes, a_candidate_among_others_is_the_candidate_alone) {
  const Rig rig(GetParam());
  const Adapter adapter = random_adapter(rig.g.config, 3);
  const std::vector<double> together = rig.delta(adapter);
  const size_t examples = rig.g.pairs.size();
  for (int p = 0; p < 3; ++p) {
    const std::vector<double> alone = rig.delta(one_of(adapter, p));
    for (size_t k = 0; k < examples; ++k)
      EXPECT_NEAR(together[static_cast<size_t>(p) * examples + k], alone[k], 5e-3 * alone[k])
          << p << " " << k;
  }
}

TEST_P(DeltaShapes, what_is_not_finite_is_not_hidden) {
  const Rig rig(GetParam());
  Adapter adapter = random_adapter(rig.g.config, 2);
  for (LowRank& low : adapter.slots)
    if (low.b.defined()) low.b[1].fill_(std::numeric_limits<float>::infinity());
  const std::vector<double> sums = rig.delta(adapter);
  const size_t examples = rig.g.pairs.size();
  for (size_t k = 0; k < examples; ++k) {
    EXPECT_TRUE(std::isfinite(sums[k])) << k;
    EXPECT_TRUE(std::isnan(sums[examples + k])) << k;
  }
}

// What a plan says of the memory is what is kept; layers that read the same keep it once.
TEST_P(DeltaShapes, a_trajectory_has_the_bytes_that_are_told) {
  const Rig rig(GetParam());
  std::map<const void*, double> kept;
  for (const auto& [slot, place] : rig.base.places)
    for (const at::Tensor& t : {place.x0, place.y0})
      kept[t.const_data_ptr()] = static_cast<double>(t.nbytes());
  double bytes = 0, source = 0, target = 0;
  for (const auto& [at, size] : kept) bytes += size;
  for (const Tokens& pair : rig.g.pairs) {
    source += static_cast<double>(pair.source.size());
    target += static_cast<double>(pair.target.size());
  }
  EXPECT_EQ(bytes, model::t5::trajectory_bytes(rig.g.config, source, target));
}

INSTANTIATE_TEST_SUITE_P(Shapes, DeltaShapes,
                         testing::Values(Case{"tiny_gated", Type::bf16},
                                         Case{"tiny_gated", Type::int8},
                                         Case{"tiny_relu", Type::int8}, Case{"small", Type::bf16},
                                         Case{"small", Type::int8}),
                         [](const auto& c) { return text(c.param); });

// The errors of moved inputs of which one is far larger than the others.
struct OutlierErrors {
  double product = 0, sum = 0;
};
OutlierErrors errors_with_an_outlier(bool outlying_inputs, int64_t width) {
  const c10::InferenceMode inference;
  const at::Generator generator = at::detail::createCPUGenerator(3);
  const tensor::Linear layer{.weight = at::randn({48, width}, generator), .slot = 0};
  at::Tensor x = at::randn({2, 5, width}, generator);
  x.select(2, 70).fill_(60);
  const at::Tensor sum = at::randn({2, 5, 48}, generator);
  Trajectory base;
  base.places[0] = {.x0 = at::zeros({1, 5, width}), .y0 = at::zeros({1, 5, 48})};
  const auto weights = int8_weights({&layer}, {.outlying_inputs = outlying_inputs});
  const auto products = weights->products(base);
  const at::Tensor exact = at::matmul(x, layer.weight.t());
  const auto error = [&](const at::Tensor& found) {
    return ((found - exact).norm() / exact.norm()).item<double>();
  };
  return {.product = error(products->product(x, layer)),
          .sum = error(products->plus_product(sum.clone(), x, layer) - sum)};
}

// Where the sum's inputs have two bytes, what is left is the error of the weights.
TEST(Delta, the_form_for_outliers_has_a_part_of_the_error) {
  if (!has_int8()) GTEST_SKIP() << "no AVX512-VNNI";
  for (const int64_t width : {192, 512, 1536}) {
    const OutlierErrors plain = errors_with_an_outlier(false, width),
                        spread = errors_with_an_outlier(true, width);
    EXPECT_NEAR(plain.product, plain.sum, 1e-6) << width;
    EXPECT_GT(plain.product, 0.008) << width;
    EXPECT_LT(spread.product, plain.product / 2) << width;
    EXPECT_LT(spread.sum, 0.85 * spread.product) << width;
  }
}

TEST(Delta, is_refused_where_int8_is_not_multiplied_exactly) {
  EXPECT_THROW(check_int8(base::Device::cuda), base::Error);
  if (has_int8()) return;
  EXPECT_THROW(int8_weights(t5::delta_layers(golden("tiny_gated").network)), base::Error);
}

}  // namespace
}  // namespace lorahub::model::delta
