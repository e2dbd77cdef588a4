#include "model/llama/initial.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/llama/architecture.hpp"
#include "model/llama/loss.hpp"
#include "model/llama/tiny_models.hpp"

namespace lorahub::model::llama {
namespace {

// Their model cards count 134,515,008, 1,235,814,400 and 7,615,616,512 parameters, of which norms
// have 61 x 576, 33 x 2048 and 57 x 3584, and biases 28 x 4608 of the last.
TEST(LlamaSizes, PublishedShapesHaveThePublishedNumbersOfWeights) {
  const auto weights = [](const char* name) {
    return LlamaArchitecture(published(name).value()).memory().weights();
  };
  EXPECT_EQ(weights("HuggingFaceTB/SmolLM2-135M-Instruct"), 134'515'008.0 - 61 * 576);
  EXPECT_EQ(weights("llama-3.2-1b"), 1'235'814'400.0 - 33 * 2048);
  EXPECT_EQ(weights("Qwen2.5-7B"), 7'615'616'512.0 - 57 * 3584 - 28 * 4608);
  EXPECT_FALSE(published("llama-3.2-2b").has_value());
}

TEST(LlamaInitial, AFreshNetworkKnowsNothingAndFollowsFromItsSeed) {
  for (const char* name : {"llama_biases", "qwen3", "mistral"}) {
    const test::TinyModel tiny = test::tiny_model(name);
    const LlamaConfig config = tiny.network().config;
    Network one = initial_network(config, 7), same = initial_network(config, 7);
    Network other = initial_network(config, 8);
    const auto first = named(one), second = named(same), third = named(other);
    EXPECT_EQ(first.size(), tiny.weights.size());
    for (const auto& [key, tensor] : first) {
      EXPECT_TRUE(at::equal(*tensor, *second.at(key))) << key;
      EXPECT_EQ(tensor->dim() > 1, !at::equal(*tensor, *third.at(key))) << key;
    }
    const std::vector<double> sums = loss_sums(one, {}, tiny.pairs);
    double sum = 0, tokens = 0;
    for (size_t k = 0; k < sums.size(); ++k) {
      sum += sums[k];
      tokens += static_cast<double>(tiny.pairs[k].target.size());
    }
    const double uniform = std::log(static_cast<double>(config.vocabulary));
    EXPECT_NEAR(sum / tokens, uniform, 0.4 * uniform) << name;  // unit logits
  }
}

}  // namespace
}  // namespace lorahub::model::llama
