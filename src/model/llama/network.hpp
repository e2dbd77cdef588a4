// A decoder-only network: tensors and where adapters go. Pure data; forward passes are in loss.hpp
// and generate.hpp.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/weights.hpp"
#include "model/linear_info.hpp"
#include "model/llama/llama_config.hpp"
#include "model/named_tensor.hpp"
#include "model/output_head.hpp"
#include "model/placement.hpp"
#include "tensor/linear.hpp"

namespace lorahub::model::llama {

struct BiasedLinear : tensor::Linear {
  at::Tensor bias = {};  // [out], f32; undefined for none
};
struct Attention {
  BiasedLinear q, k, v, o;
  at::Tensor q_norm, k_norm;  // [head_dim], f32; undefined for none
};
struct FeedForward {
  BiasedLinear gate, up, down;
};
struct Block {
  at::Tensor attention_norm;  // [d], f32
  Attention attention;
  at::Tensor ff_norm;  // [d], f32
  FeedForward ff;
};

struct Network {
  LlamaConfig config;
  at::Tensor embedding;  // [V, d], compute dtype
  at::Tensor lm_head;    // [V, d]; the embedding itself when tied
  int head_slot = -1;    // the head's number among linears(config): the last
  std::vector<Block> blocks;
  at::Tensor final_norm;  // [d], f32

  HeadLayer head() const { return {.weight = lm_head, .slot = head_slot}; }
  bool has_tied_head() const { return lm_head.is_same(embedding); }
};

inline constexpr const char* kEmbedding = "model.embed_tokens.weight";
inline constexpr const char* kHeadWeight = "lm_head.weight";

// The linear layers that may be adapted, by slot. The head, lm_head, is the last; an adapter of it
// leaves a tied embedding alone.
std::vector<LinearInfo> linears(const LlamaConfig& config);

// A network of config's shape whose tensors are not there yet.
Network empty_network(const LlamaConfig& config);

// Lists all tensors but embedding and head, layer by layer: the order of the linear layers is that
// of their slots. `network` has as many blocks as its config says.
std::vector<NamedTensor> block_tensors(Network& network);

// The tensors of a network by their names in Hugging Face files, which read back as this network. A
// tied head has no name of its own; a caller that replaces the embedding of such a network sets
// lm_head, too.
std::map<std::string, at::Tensor*> named(Network& network);

// Gives the layers transposed copies of their weights where that is faster; `origin` names what the
// weights follow from (tensor/matmul.hpp).
void transpose_weights(Network& network, const std::string& origin, int threads = 1);

Network build(const LlamaConfig& config, const checkpoint::Tensors& weights, Placement placement,
              int threads = 1);
Network load(const std::filesystem::path& folder, Placement placement, int threads = 1);

PartlyLoadedNetwork<Network> load_share(const std::filesystem::path& folder, Placement placement,
                                        Share share);

}  // namespace lorahub::model::llama
