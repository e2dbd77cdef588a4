// The tensors of a T5 by their names in Hugging Face files. Loading, writing, sizes, training from
// scratch and merging all take the names from here.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "model/named_tensor.hpp"
#include "model/t5/network.hpp"

namespace lorahub::model::t5 {

inline constexpr const char* kShared = "shared.weight";
inline constexpr const char* kEncoderEmbedding = "encoder.embed_tokens.weight";
inline constexpr const char* kDecoderEmbedding = "decoder.embed_tokens.weight";
inline constexpr const char* kHeadWeight = "lm_head.weight";
// A name that old files hold and that transformers ignores, too.
inline constexpr const char* kIgnored =
    "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";

// A network of config's shape whose tensors are not there yet.
Network empty_network(const T5Config& config);

// Lists the tensors of both stacks (all but embeddings and head), layer by layer: the order of the
// linear layers is that of their slots. `network` has as many blocks as its config says.
std::vector<NamedTensor> stack_tensors(Network& network);

}  // namespace lorahub::model::t5
