// A T5 encoder-decoder: tensors and where adapters go. Pure data; forward passes are in loss.hpp
// and generate.hpp.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "model/adapter.hpp"
#include "model/linear_info.hpp"
#include "model/output_head.hpp"
#include "model/placement.hpp"
#include "model/t5/t5_config.hpp"
#include "tensor/linear.hpp"

namespace lorahub::model::t5 {

struct Attention {
  tensor::Linear q, k, v, o;
};
struct FeedForward {
  tensor::Linear wi_0, wi_1, wo;  // wi_1 undefined when not gated
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
  T5Config config;
  at::Tensor embedding;          // [V, d], compute dtype: the encoder's
  at::Tensor decoder_embedding;  // [V, d]; the embedding itself where one serves both sides
  at::Tensor lm_head;            // [V, d]; the embedding, or the decoder's, itself when tied
  int head_slot = -1;            // the head's number among linears(config): the last
  double output_scale = 1;       // d^-0.5 where config.scale_outputs
  Stack encoder, decoder;
  HeadLayer head() const { return {.weight = lm_head, .slot = head_slot, .scale = output_scale}; }
};

// The linear layers that may be adapted, by slot. The head, lm_head, is the last; an adapter of it
// leaves a tied embedding alone.
std::vector<LinearInfo> linears(const T5Config& config);

// The tensors of a network by their names in Hugging Face files, which read back as this network. A
// tensor that is tied to another has no name of its own; a caller that replaces a tensor calls
// tie() afterwards.
std::map<std::string, at::Tensor*> named(Network& network);

// Which of the embeddings and the head are one tensor.
struct Ties {
  bool decoder = true;          // the decoder's embedding is the encoder's
  bool head = true;             // the head is the encoder's embedding
  bool head_to_decoder = true;  // the head is the decoder's embedding
};
Ties ties(const Network& network);
void tie(Network& network, const Ties& ties);

// Gives the encoder's layers transposed copies of their weights where that is faster; `origin`
// names what the weights follow from (tensor/matmul.hpp).
void transpose_weights(Network& network, const std::string& origin, int threads = 1);

Network load(const std::filesystem::path& folder, Placement placement, int threads = 1);

PartlyLoadedNetwork<Network> load_share(const std::filesystem::path& folder, Placement placement,
                                        Share share);

Network build(const T5Config& config, const std::map<std::string, at::Tensor>& weights,
              Placement placement, int threads = 1);

}  // namespace lorahub::model::t5
