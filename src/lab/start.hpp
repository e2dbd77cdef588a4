// The base before its training: T5's initialisation and four hints.
#pragma once
#include <filesystem>
#include <string>

#include "model/t5/network.hpp"

namespace lorahub::lab {

// As model::t5::initial_network, but a smaller head, and some heads that look from the start at
// neighbours and at copies of a token. Without them a T5 of this size stays at chance on option
// letters through millions of tokens of nothing else (experiments/lab/README.md):
// - encoder head 0 looks one token back, head 1 one ahead (relative bias +3);
// - encoder head 2 looks at other copies of a token: k = c q, bias -4 at itself;
// - decoder cross-attention heads 0 and 1: k = c q.
model::t5::Network start_network(const model::t5::T5Config& config, uint64_t seed);

// A Hugging Face folder: weights, configuration, and `pieces` as the tokenizer.
void write_start(const std::filesystem::path& folder, const model::t5::Network& network,
                 const std::string& pieces);

}  // namespace lorahub::lab
