// Delta evaluation of decoder-only models against the full pass.
#include "model/delta/delta.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "model/llama/model.hpp"
#include "model/llama/tiny_models.hpp"
#include "model/relative_error.hpp"

namespace lorahub::model::llama {
namespace {

struct DeltaCase {
  const char* model;
  bool int8;
};
void PrintTo(const DeltaCase& c, std::ostream* out) { *out << c.model << (c.int8 ? "_int8" : ""); }

// A tiny model whose examples begin alike, its narrow weights and the base's own pass.
struct DeltaRig {
  test::TinyModel tiny;
  std::shared_ptr<const Model> model;
  std::shared_ptr<const delta::NarrowWeights> weights;
  delta::Trajectory base;

  explicit DeltaRig(const DeltaCase& c)
      : tiny(test::tiny_model(c.model)), model(as_model(tiny.network())) {
    for (Tokens& pair : tiny.pairs) pair.source.insert(pair.source.begin(), 20, 11);
    weights = c.int8 ? delta::int8_weights(model->delta_layers(), {.outlying_inputs = true})
                     : delta::bf16_weights(model->delta_layers());
    base = pass_of({});
  }
  delta::Trajectory pass_of(const Adapter& adapter) const {
    return delta::trajectory(
        [&](const tensor::Products& by) { model->loss_sums(adapter, tiny.pairs, by); });
  }
  Adapter adapter(int64_t candidates, double size) const {
    return test::tiny_adapter(tiny.network().config, candidates, size);
  }
  std::vector<double> full(const Adapter& adapter) const {
    return model->loss_sums(adapter, tiny.pairs);
  }
  std::vector<double> by_delta(const Adapter& adapter) const {
    return model->loss_sums(adapter, tiny.pairs, *weights->products(base));
  }
  // The sum over the examples of each candidate.
  std::vector<double> losses(const std::vector<double>& sums) const {
    std::vector<double> all;
    const auto step = std::ssize(tiny.pairs);
    for (auto own = sums.begin(); own != sums.end(); own += step)
      all.push_back(std::accumulate(own, own + step, 0.0));
    return all;
  }
};

// Candidates around the first one, which is far from the base: each differs from it by a tenth of
// what the first differs from the base by.
Adapter around_the_first(Adapter all) {
  for (LowRank& low : all.slots) {
    const at::Tensor b = low.b.narrow(0, 0, 1);
    low.a = low.a.narrow(0, 0, 1).expand_as(low.a).contiguous();
    low.b = b + 0.1 * (low.b - b);
  }
  return all;
}

class LlamaDelta : public testing::TestWithParam<DeltaCase> {
 protected:
  void SetUp() override {
    if (GetParam().int8 && !__builtin_cpu_supports("avx512vnni")) GTEST_SKIP() << "no AVX512-VNNI";
  }
};
INSTANTIATE_TEST_SUITE_P(TinyModels, LlamaDelta,
                         testing::Values(DeltaCase{"llama", false}, DeltaCase{"llama", true},
                                         DeltaCase{"qwen2", false}, DeltaCase{"qwen2", true},
                                         DeltaCase{"qwen3", false}, DeltaCase{"qwen3", true}),
                         [](const auto& c) { return testing::PrintToString(c.param); });

TEST_P(LlamaDelta, AtTheBaseItIsTheFullPass) {
  const DeltaRig rig(GetParam());
  const std::vector<double> full = rig.full({}), sums = rig.by_delta({});
  for (size_t k = 0; k < full.size(); ++k) EXPECT_NEAR(sums[k], full[k], 1e-5 * full[k]) << k;
}

// Adapters of all layers that move the loss by little: the error is a small part of that.
TEST_P(LlamaDelta, CandidatesKeepTheirOrder) {
  const DeltaRig rig(GetParam());
  const Adapter adapter = rig.adapter(12, 0.02);
  const std::vector<double> x = rig.losses(rig.full(adapter)),
                            y = rig.losses(rig.by_delta(adapter));
  const double error = test::relative_error(x, y);
  EXPECT_GT(error, 0);  // it was not computed in f32
  EXPECT_LT(error, GetParam().int8 ? 0.1 : 0.02);
  RecordProperty("relative_error", std::to_string(error));
}

TEST_P(LlamaDelta, AtTheCentreItIsTheFullPass) {
  DeltaRig rig(GetParam());
  const Adapter centre = rig.adapter(1, 0.3);
  rig.base = rig.pass_of(centre);
  const std::vector<double> full = rig.full(centre), sums = rig.by_delta(centre);
  for (size_t k = 0; k < full.size(); ++k) EXPECT_NEAR(sums[k], full[k], 1e-5 * full[k]) << k;
}

TEST_P(LlamaDelta, FarFromTheBaseAPassOfTheMiddleTellsCandidatesApartBetter) {
  DeltaRig rig(GetParam());
  const Adapter adapter = around_the_first(rig.adapter(12, 0.1));
  const std::vector<double> full = rig.losses(rig.full(adapter));
  const double from_base = test::relative_error(full, rig.losses(rig.by_delta(adapter)));
  rig.base = rig.pass_of(candidates(adapter, 0, 1));
  const double from_middle = test::relative_error(full, rig.losses(rig.by_delta(adapter)));
  EXPECT_LT(from_middle, from_base / 2);
  RecordProperty("from_base", std::to_string(from_base));
  RecordProperty("from_middle", std::to_string(from_middle));
}

TEST_P(LlamaDelta, WhatIsNotFiniteIsNotHidden) {
  const DeltaRig rig(GetParam());
  Adapter adapter = rig.adapter(2, 0.1);
  for (LowRank& low : adapter.slots) low.b[1].fill_(std::numeric_limits<float>::infinity());
  const std::vector<double> sums = rig.by_delta(adapter);
  for (size_t k = 0; k < rig.tiny.pairs.size(); ++k) {
    EXPECT_TRUE(std::isfinite(sums[k])) << k;
    EXPECT_TRUE(std::isnan(sums[rig.tiny.pairs.size() + k])) << k;
  }
}

// A plan tells the bytes of examples that share nothing, which is the most.
TEST(LlamaDeltaMemory, ATrajectoryHasTheBytesThatAreTold) {
  const auto model = as_model(test::tiny_model("llama").network());
  const std::vector<Tokens> pairs = test::tiny_model("llama").pairs;
  const delta::Trajectory base =
      delta::trajectory([&](const tensor::Products& by) { model->loss_sums({}, pairs, by); });
  std::map<const void*, double> kept;
  for (const auto& [slot, place] : base.places)
    for (const at::Tensor& t : {place.x0, place.y0})
      kept[t.const_data_ptr()] = static_cast<double>(t.nbytes());
  double bytes = 0, source = 0, target = 0;
  for (const auto& [at, size] : kept) bytes += size;
  for (const Tokens& pair : pairs) {
    source += static_cast<double>(pair.source.size()) - 1;
    target += static_cast<double>(pair.target.size());
  }
  EXPECT_EQ(bytes, model->architecture().memory().trajectory(source, target));
}

}  // namespace
}  // namespace lorahub::model::llama
