// A T5 encoder-decoder: tensors and where adapters go. Pure data; forward passes are in loss.hpp
// and generate.hpp.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "t5/config.hpp"

namespace lorahub::t5 {

// A linear layer without bias. `slot` numbers the linear layers of the network from 0 in the order
// of linears(config).
struct Linear {
  at::Tensor weight;  // [out, in], compute dtype
  int slot = -1;
  at::Tensor turned = {};             // a copy, in memory [in, out] (products.hpp), or undefined
  const void* turned_from = nullptr;  // data of the weight that it is a copy of
};

struct Attention {
  Linear q, k, v, o;
};
struct FeedForward {
  Linear wi_0, wi_1, wo;  // wi_1 undefined when not gated
};
struct Block {
  at::Tensor self_norm;  // [d], f32
  Attention self;
  at::Tensor cross_norm;  // decoder only
  Attention cross;        // decoder only
  at::Tensor ff_norm;
  FeedForward ff;
};
struct Stack {
  std::vector<Block> blocks;
  at::Tensor final_norm;     // [d], f32
  at::Tensor relative_bias;  // [buckets, heads], f32
};

struct Network {
  Config config;
  at::Tensor embedding;          // [V, d], compute dtype: the encoder's
  at::Tensor decoder_embedding;  // [V, d]; the embedding itself where one serves both sides
  at::Tensor lm_head;            // [V, d]; the embedding, or the decoder's, itself when tied
  int head_slot = -1;            // the head's number among linears(config): the last
  double output_scale = 1;       // d^-0.5 where config.scale_outputs
  Stack encoder, decoder;
};

// Name (as in Hugging Face, without ".weight") and shape of each linear layer that may be adapted:
// slot = index. The head, lm_head, is the last; an adapter of it leaves a tied embedding alone.
struct LinearInfo {
  std::string name;  // "encoder.block.0.layer.0.SelfAttention.q"
  int64_t out = 0, in = 0;
};
std::vector<LinearInfo> linears(const Config& config);
inline constexpr const char* kHead = "lm_head";

// The tensors of a network by their names in Hugging Face files, which read back as this network.
// What is tied to another tensor has no name of its own: who replaces one calls tie() afterwards.
std::map<std::string, at::Tensor*> named(Network& network);

// Which of the embeddings and the head are one tensor.
struct Ties {
  bool decoder = true;          // the decoder's embedding is the encoder's
  bool head = true;             // the head is the encoder's embedding,
  bool head_to_decoder = true;  // the decoder's
};
Ties ties(const Network& network);
void tie(Network& network, const Ties& ties);

enum class Device { cpu, cuda };
struct Placement {
  at::ScalarType dtype =
      at::kFloat;  // kFloat or kBFloat16: linear layers and embedding; norms and biases stay f32
  Device device = Device::cpu;
};
Network load(const std::filesystem::path& folder, Placement placement, int threads = 1);

// A network of which `count` ranks read a part each, about as many bytes; part `index` is here.
struct Share {
  int index = 0, count = 1;
};
struct SharedTensor {
  at::Tensor tensor;  // contiguous, on its device; another's part: its shape, with any values
  int owner = 0;      // the part it belongs to
};
struct PartlyLoaded {
  Network network;
  std::vector<SharedTensor> tensors;  // all of them once, in the same order on all ranks
};
PartlyLoaded load_share(const std::filesystem::path& folder, Placement placement, Share share);

Network build(const Config& config, const std::map<std::string, at::Tensor>& weights,
              Placement placement, int threads = 1);

// Low-rank additions for P candidates: y += (x a^T [* scale]) b^T. Undefined tensors: no addition
// at that slot.
struct LowRank {
  at::Tensor a;      // [P or 1, r, in], compute dtype
  at::Tensor b;      // [P or 1, out, r], compute dtype; alpha/r is in it (or in scale)
  at::Tensor scale;  // [P, r], or undefined: product composition shares a and b between candidates
};
struct Adapter {
  int candidates = 1;          // P
  std::vector<LowRank> slots;  // [linears] or empty: the base model
};

}  // namespace lorahub::t5
