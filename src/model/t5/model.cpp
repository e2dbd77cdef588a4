#include "model/t5/model.hpp"

#include "model/family_model.hpp"
#include "model/t5/architecture.hpp"
#include "model/t5/delta_layers.hpp"
#include "model/t5/generate.hpp"
#include "model/t5/loss.hpp"
#include "model/t5/prompt_state.hpp"
#include "model/t5/reference.hpp"
#include "model/t5/tensor_names.hpp"

namespace lorahub::model::t5 {
namespace {

class T5Batcher;

struct T5Family {
  using Network = t5::Network;
  using LossBatch = t5::LossBatch;
  using Architecture = T5Architecture;
  using Batcher = T5Batcher;

  static constexpr auto named = &t5::named;
  static constexpr auto sums = &t5::sums;
  static constexpr auto token_losses = &t5::token_losses;
  static constexpr auto loss_sums = &t5::loss_sums;
  static constexpr auto reference_loss_sums = &reference::loss_sums;
  static constexpr auto generate = &t5::generate;
  static constexpr auto generate_each = &t5::generate_each;
  static constexpr auto prompt_state = &t5::prompt_state;
  static constexpr auto delta_layers = &t5::delta_layers;
  static constexpr bool kHasOutlyingInputs = false;

  static bool is_embedding_or_head(const std::string& name) {
    return name == kShared || name == kEncoderEmbedding || name == kDecoderEmbedding ||
           name == kHeadWeight;
  }
  static bool is_always_f32(const std::string& name) {
    return name.find("norm") != std::string::npos || name.find("bias") != std::string::npos;
  }
  static void replace(Network& network, const std::map<std::string, at::Tensor>& replaced) {
    const Ties tied = ties(network);
    const auto places = t5::named(network);
    for (const auto& [name, tensor] : replaced) *places.at(name) = tensor;
    tie(network, tied);
  }
};

class T5Batcher : public Batcher {
 public:
  T5Batcher(Network network, std::span<const Tokens> examples)
      : network_(std::move(network)), biases_(biases(network_, examples)) {}
  std::unique_ptr<const Batch> batch(std::span<const Tokens> examples) const override {
    return std::make_unique<const FamilyBatch<T5Family>>(pack(network_, examples, biases_));
  }

 private:
  Network network_;  // shares the model's tensors
  Biases biases_;
};

}  // namespace

std::shared_ptr<const Model> as_model(Network network) {
  return std::make_shared<const FamilyModel<T5Family>>(std::move(network));
}

}  // namespace lorahub::model::t5
