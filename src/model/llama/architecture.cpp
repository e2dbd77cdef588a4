#include "model/llama/architecture.hpp"

#include "model/llama/network.hpp"
#include "tensor/values.hpp"

namespace lorahub::model::llama {
namespace {

// The layers are PEFT's own choice for each model type.
PeftWords peft_words(const LlamaConfig& config) {
  const bool is_qwen = config.type.starts_with("qwen");
  return {.task_type = "CAUSAL_LM",
          .lora_targets = {"q_proj", "v_proj"},
          .ia3_outputs = {is_qwen ? "q_proj" : "k_proj", "v_proj"},
          .ia3_inputs = {"down_proj"}};
}

}  // namespace

LlamaArchitecture::LlamaArchitecture(const LlamaConfig& config)
    : config_(config),
      linears_(llama::linears(config)),
      last_query_slot_(last_slot(linears_, "", ".q_proj")),
      peft_(peft_words(config)),
      memory_(config) {}

bool LlamaArchitecture::has_tied_head(const std::map<std::string, at::Tensor>& tensors) const {
  const auto head = tensors.find(kHeadWeight), embedding = tensors.find(kEmbedding);
  return config_.tied || head == tensors.end() || embedding == tensors.end() ||
         tensor::same_values(head->second, embedding->second);
}

// All rows pass all blocks but the last, in which only target rows ask; half of the scores of a
// causal attention are computed. Adapters are on q and v.
double LlamaArchitecture::forward_flop(const PassSize& size) const {
  const auto d = static_cast<double>(config_.d_model), ff = static_cast<double>(config_.d_ff);
  const auto q = static_cast<double>(config_.q_width()),
             kv = static_cast<double>(config_.kv_width());
  const double t = size.target, n = size.source + size.target - 1;
  const double blocks = static_cast<double>(config_.layers) - 1;
  const double asking = 2 * d * q + 3 * d * ff, told = 2 * d * kv;  // weights of a block
  const double block = 2 * n * (asking + told) + 2 * n * n * q;
  const double last = 2 * t * asking + 2 * n * told + 4 * t * n * q;
  const double head = 2 * t * d * static_cast<double>(config_.vocabulary);
  const double lora = 2 * size.rank * (blocks * n * (2 * d + q + kv) + t * (d + q) + n * (d + kv));
  return blocks * block + last + head + lora;
}

}  // namespace lorahub::model::llama
