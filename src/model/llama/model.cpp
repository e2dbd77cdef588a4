#include "model/llama/model.hpp"

#include "model/family_model.hpp"
#include "model/llama/architecture.hpp"
#include "model/llama/generate.hpp"
#include "model/llama/loss.hpp"
#include "model/llama/reference.hpp"

namespace lorahub::model::llama {
namespace {

class LlamaBatcher;

struct LlamaFamily {
  using Network = llama::Network;
  using LossBatch = llama::LossBatch;
  using Architecture = LlamaArchitecture;
  using Batcher = LlamaBatcher;

  static constexpr auto named = &llama::named;
  static constexpr auto sums = &llama::sums;
  static constexpr auto token_losses = &llama::token_losses;
  static constexpr auto loss_sums = &llama::loss_sums;
  static constexpr auto reference_loss_sums = &reference::loss_sums;
  static constexpr auto generate = &llama::generate;
  static constexpr auto generate_each = &llama::generate_each;
  static constexpr auto prompt_state = &llama::prompt_state;

  static bool is_embedding_or_head(const std::string& name) {
    return name == kEmbedding || name == kHeadWeight;
  }
  static bool is_always_f32(const std::string& name) {
    return name.find("norm") != std::string::npos || name.ends_with(".bias");
  }
  static void replace(Network& network, const std::map<std::string, at::Tensor>& replaced) {
    const bool tied = network.has_tied_head();
    const auto places = llama::named(network);
    for (const auto& [name, tensor] : replaced) *places.at(name) = tensor;
    if (tied) network.lm_head = network.embedding;
  }
  static constexpr bool kHasOutlyingInputs = true;
  static std::vector<const tensor::Linear*> delta_layers(const Network& network) {
    std::vector<const tensor::Linear*> all;
    for (const Block& block : network.blocks)
      for (const BiasedLinear* layer :
           {&block.attention.q, &block.attention.k, &block.attention.v, &block.attention.o,
            &block.ff.gate, &block.ff.up, &block.ff.down})
        all.push_back(layer);
    return all;
  }
};

class LlamaBatcher : public Batcher {
 public:
  LlamaBatcher(Network network, std::span<const Tokens> /*examples*/)
      : network_(std::move(network)) {}
  std::unique_ptr<const Batch> batch(std::span<const Tokens> examples) const override {
    return std::make_unique<const FamilyBatch<LlamaFamily>>(pack(network_, examples));
  }

 private:
  Network network_;  // shares the model's tensors
};

}  // namespace

std::shared_ptr<const Model> as_model(Network network) {
  return std::make_shared<const FamilyModel<LlamaFamily>>(std::move(network));
}

}  // namespace lorahub::model::llama
