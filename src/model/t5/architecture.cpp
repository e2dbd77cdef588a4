#include "model/t5/architecture.hpp"

#include <cmath>

#include "model/t5/flop.hpp"
#include "model/t5/tensor_names.hpp"
#include "tensor/values.hpp"

namespace lorahub::model::t5 {

T5Architecture::T5Architecture(const T5Config& config)
    : config_(config),
      linears_(t5::linears(config)),
      last_query_slot_(last_slot(linears_, "encoder.", ".SelfAttention.q")),
      memory_(config) {}

const PeftWords& T5Architecture::peft() const {
  static const PeftWords words{.task_type = "SEQ_2_SEQ_LM",
                               .lora_targets = {"q", "v"},
                               .ia3_outputs = {"k", "v"},
                               .ia3_inputs = {"wo"}};
  return words;
}

// The head is tied to the first of these that the file has (network.cpp).
bool T5Architecture::has_tied_head(const std::map<std::string, at::Tensor>& tensors) const {
  const auto head = tensors.find(kHeadWeight);
  auto embedding = tensors.find(kShared);
  for (const char* side : {kEncoderEmbedding, kDecoderEmbedding})
    if (embedding == tensors.end()) embedding = tensors.find(side);
  return config_.scale_outputs || head == tensors.end() || embedding == tensors.end() ||
         tensor::same_values(head->second, embedding->second);
}

// T5 does not scale its scores: queries are smaller by the square root of a head's width.
double T5Architecture::output_scale(const LinearInfo& linear) const {
  return linear.name.ends_with(".q") ? 1 / std::sqrt(static_cast<double>(config_.d_kv)) : 1;
}

double T5Architecture::forward_flop(const PassSize& size) const {
  return t5::forward_flop(config_, size);
}

}  // namespace lorahub::model::t5
