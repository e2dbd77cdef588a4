// The special tokens of a T5 model folder.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "task/piece_model.hpp"

namespace lorahub::task {

struct SpecialToken {
  std::string text;
  int64_t id = 0;
};

// <extra_id_99> ... <extra_id_0>, in the order of their ids behind the pieces (as many as
// "extra_ids" of tokenizer_config.json says, 100 without it; none that is a piece already).
std::vector<Piece> sentinels(const PieceModel& model, const std::filesystem::path& folder);

// <pad>, </s>, <unk>, the sentinels among `pieces`, and the special tokens that tokenizer.json or
// tokenizer_config.json add.
std::vector<SpecialToken> special_tokens(const std::vector<Piece>& pieces,
                                         const std::filesystem::path& folder);

}  // namespace lorahub::task
