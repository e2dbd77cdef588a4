#include "model/t5/loss.hpp"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "base/check.hpp"
#include "model/models.hpp"
#include "model/t5/reference.hpp"

namespace lorahub::model::t5 {
namespace {

using test::Golden;
using test::golden;
using test::one_of;
using test::random_adapter;

double tolerance(double loss) { return 1e-5 * std::max(1.0, std::abs(loss)); }

class LossGolden : public testing::TestWithParam<const char*> {};

TEST_P(LossGolden, agrees_with_transformers_in_f64) {
  const Golden g = golden(GetParam());
  const std::vector<double> sums = loss_sums(g.network, {}, g.pairs);
  ASSERT_EQ(sums.size(), g.pairs.size());
  double worst = 0;
  for (size_t k = 0; k < sums.size(); ++k) {
    const double exact = g.examples[k].at("loss_sum");
    EXPECT_LE(std::abs(sums[k] - exact), tolerance(exact)) << "example " << k;
    worst = std::max(worst, std::abs(sums[k] - exact) / tolerance(exact));
  }
  RecordProperty("worst_over_tolerance", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(Shapes, LossGolden,
                         testing::Values("tiny_gated", "tiny_relu", "small", "base"),
                         [](const auto& shape) { return std::string(shape.param); });

TEST(Loss, an_example_in_a_batch_is_an_example_alone) {
  const Golden g = golden("tiny_gated");
  const std::vector<double> together = loss_sums(g.network, {}, g.pairs);
  for (size_t k = 0; k < g.pairs.size(); ++k) {
    const double alone = loss_sums(g.network, {}, std::span(g.pairs).subspan(k, 1))[0];
    EXPECT_NEAR(together[k], alone, 1e-6 * alone) << k;
  }
}

TEST(Loss, a_population_with_adapters_is_each_merged_network) {
  for (const char* name : {"tiny_gated", "tiny_relu"}) {
    const Golden g = golden(name);
    const nlohmann::json config = test::read_golden(name).at("config");
    const auto weights = test::hash_model(
        g.config, config.at("tie_word_embeddings") ? test::Head::tied : test::Head::untied);
    const Adapter adapter = random_adapter(g.config, 3);
    const std::vector<double> base = loss_sums(g.network, {}, g.pairs);
    const std::vector<double> sums = loss_sums(g.network, adapter, g.pairs);
    ASSERT_EQ(sums.size(), 3 * g.pairs.size());
    for (int p = 0; p < 3; ++p) {
      const Network merged =
          build(g.config, test::merge(weights, g.config, one_of(adapter, p)), {});
      const std::vector<double> expected = loss_sums(merged, {}, g.pairs);
      double moved = 0;
      for (size_t k = 0; k < g.pairs.size(); ++k) {
        EXPECT_NEAR(sums[p * g.pairs.size() + k], expected[k], tolerance(expected[k]));
        moved += std::abs(expected[k] - base[k]);
      }
      EXPECT_GT(moved, 1.0);  // the adapters matter
    }
  }
}

TEST(Loss, a_candidate_in_a_population_is_the_candidate_alone) {
  const Golden g = golden("tiny_gated");
  const Adapter adapter = random_adapter(g.config, 40);  // more rows than one chunk of the encoder
  const std::vector<double> sums = loss_sums(g.network, adapter, g.pairs);
  for (const int p : {0, 1, 17, 39}) {
    const std::vector<double> alone = loss_sums(g.network, one_of(adapter, p), g.pairs);
    for (size_t k = 0; k < alone.size(); ++k) {
      EXPECT_NEAR(sums[p * alone.size() + k], alone[k], 1e-6 * alone[k]) << p << " " << k;
    }
  }
}

TEST(Loss, the_same_call_gives_the_same_bits) {
  const Golden g = golden("tiny_gated");
  const Adapter adapter = random_adapter(g.config, 5);
  EXPECT_EQ(loss_sums(g.network, adapter, g.pairs), loss_sums(g.network, adapter, g.pairs));
}

TEST(Loss, changing_the_sign_of_both_factors_changes_no_bit) {
  const Golden g = golden("tiny_gated");
  const Adapter plus = random_adapter(g.config, 3);
  Adapter minus = plus;
  for (LowRank& low : minus.slots) {
    low.a = -low.a;
    low.b = -low.b;
  }
  EXPECT_EQ(loss_sums(g.network, plus, g.pairs), loss_sums(g.network, minus, g.pairs));
}

// Factors shared by the population, with a scale for each candidate, against scales written into a.
TEST(Loss, scaled_shared_factors_are_factors_of_their_own) {
  const Golden g = golden("tiny_gated");
  Adapter shared = random_adapter(g.config, 1), own{.candidates = 3, .slots = {}};
  shared.candidates = 3;
  int slot = 0;
  for (LowRank& low : shared.slots) {
    low.scale = test::hashed(base::format("scale.{}", slot++), {3, 4}, 1.5);
    LowRank written;
    written.a = low.a * low.scale.unsqueeze(2);
    written.b = low.b;
    own.slots.push_back(written);
  }
  const std::vector<double> expected = loss_sums(g.network, own, g.pairs);
  const std::vector<double> sums = loss_sums(g.network, shared, g.pairs);
  for (size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(sums[i], expected[i], tolerance(sums[i]));
  EXPECT_GT(std::abs(sums[0] - sums[g.pairs.size()]), 1e-3);  // candidates differ
}

TEST(Loss, adapters_on_some_layers_leave_the_others_alone) {
  const Golden g = golden("tiny_gated");
  const std::vector<LinearInfo> all = linears(g.config);
  Adapter adapter = random_adapter(g.config, 3), widened = adapter;
  for (size_t slot = 0; slot < all.size(); ++slot) {  // only in the decoder: the encoder is shared
    if (all[slot].name.ends_with("EncDecAttention.k")) continue;
    adapter.slots[slot] = {};
    widened.slots[slot].b = at::zeros_like(widened.slots[slot].b);
  }
  const std::vector<double> sums = loss_sums(g.network, adapter, g.pairs);
  const std::vector<double> expected = loss_sums(g.network, widened, g.pairs);
  for (size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(sums[i], expected[i], tolerance(sums[i]));
}

TEST(Loss, a_population_of_base_models_repeats_the_base) {
  const Golden g = golden("tiny_gated");
  const std::vector<double> one = loss_sums(g.network, {}, g.pairs);
  std::vector<double> twice = one;
  twice.insert(twice.end(), one.begin(), one.end());
  const std::vector<double> sums = loss_sums(g.network, {.candidates = 2, .slots = {}}, g.pairs);
  ASSERT_EQ(sums.size(), twice.size());
  for (size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(sums[i], twice[i], 1e-6 * twice[i]);
}

TEST(Loss, bf16_is_near_f32) {
  const Golden g = golden("small"), half = golden("small", at::kBFloat16);
  Adapter adapter = random_adapter(g.config, 2, 0.1);
  const std::vector<double> exact = loss_sums(g.network, adapter, g.pairs);
  for (LowRank& low : adapter.slots) {
    low.a = low.a.to(at::kBFloat16);
    low.b = low.b.to(at::kBFloat16);
  }
  const std::vector<double> sums = loss_sums(half.network, adapter, g.pairs);
  for (size_t i = 0; i < sums.size(); ++i) {
    EXPECT_NEAR(sums[i], exact[i], 0.02 * exact[i]);
    EXPECT_NE(sums[i], exact[i]);
  }
}

TEST(Loss, runs_on_the_calling_thread_and_leaves_its_modes_alone) {
  const Golden g = golden("tiny_relu");
  loss_sums(g.network, {}, g.pairs);
  EXPECT_EQ(at::get_num_threads(), 1);
  EXPECT_FALSE(c10::InferenceMode::is_enabled());
}

TEST(Loss, bad_examples_are_refused) {
  const Golden g = golden("tiny_relu");
  const auto loss = [&](Ids source, Ids target) {
    const Tokens pair{.source = std::move(source), .target = std::move(target)};
    return loss_sums(g.network, {}, std::span(&pair, 1)).at(0);
  };
  EXPECT_GT(loss({79, 1}, {79, 1}), 0);
  EXPECT_THROW(loss({80, 1}, {1}), base::Error);
  EXPECT_THROW(loss({1}, {-1}), base::Error);
  EXPECT_THROW(loss({}, {1}), base::Error);
  EXPECT_THROW(loss({1}, {}), base::Error);
  EXPECT_TRUE(loss_sums(g.network, {}, {}).empty());
}

// Operations of this thread that on a GPU would make the host wait: a value is asked for, or a
// tensor goes from one device to another (on the CPU from it to itself).
std::vector<std::string> waiting;
std::unique_ptr<at::ObserverContext> note_waiting(const at::RecordFunction& operation) {
  static const std::set<std::string> kWaits{"aten::_local_scalar_dense",
                                            "aten::item",
                                            "aten::is_nonzero",
                                            "aten::nonzero",
                                            "aten::equal",
                                            "aten::masked_select",
                                            "aten::to.dtype_layout",
                                            "aten::to.device"};
  const auto name = operation.operator_name();
  if (name && kWaits.contains(c10::toString(*name))) waiting.push_back(c10::toString(*name));
  return nullptr;
}
std::vector<std::string> waits_of(const std::function<void()>& work) {
  waiting.clear();
  const auto handle = at::addThreadLocalCallback(
      at::RecordFunctionCallback(note_waiting).scopes({at::RecordScope::FUNCTION}));
  work();
  at::removeCallback(handle);
  return waiting;
}

// A CUDA graph needs this, and it keeps a GPU busy.
TEST(Loss, a_pass_over_a_batch_never_waits_for_its_device) {
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const Golden g = golden("tiny_gated", dtype);
    const Adapter adapter =
        test::on(at::device(at::kCPU).dtype(dtype), random_adapter(g.config, 3));
    const Biases known = biases(g.network, g.pairs);
    const LossBatch batch = pack(g.network, g.pairs, known);
    EXPECT_EQ(waits_of([&] { token_losses(g.network, adapter, batch); }),
              std::vector<std::string>());
    EXPECT_FALSE(waits_of([&] { pack(g.network, g.pairs, known); }).empty());
    EXPECT_FALSE(waits_of([&] { biases(g.network, g.pairs); }).empty());
    EXPECT_FALSE(waits_of([&] { at::ones(1).item<float>(); }).empty());
  }
}

TEST(Loss, a_batch_has_the_same_bits_each_time) {
  const Golden g = golden("tiny_gated");
  const LossBatch batch = pack(g.network, g.pairs, biases(g.network, g.pairs));
  for (const int candidates : {3, 1, 3}) {
    const Adapter adapter = random_adapter(g.config, candidates);
    EXPECT_EQ(sums(batch, token_losses(g.network, adapter, batch)),
              loss_sums(g.network, adapter, g.pairs));
  }
}

TEST(Loss, biases_may_be_for_longer_examples) {
  const Golden g = golden("tiny_gated");
  const Biases longer = biases(g.network, g.pairs);
  for (size_t k = 0; k < g.pairs.size(); ++k) {
    const auto one = std::span(g.pairs).subspan(k, 1);
    EXPECT_EQ(sums(pack(g.network, one, longer),
                   token_losses(g.network, {}, pack(g.network, one, longer))),
              loss_sums(g.network, {}, one));
  }
}

}  // namespace
}  // namespace lorahub::model::t5
