// The content of a tokenizer.json whose model is byte-pair encoding.
#pragma once
#include <filesystem>
#include <vector>

#include "text/added_token.hpp"
#include "text/bpe.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/text_steps.hpp"

namespace lorahub::text {

struct BpeJson {
  BpeModel model;
  std::vector<AddedToken> added;  // with their ids, in the order of the file
  std::vector<NormaliserStep> normaliser;
  PreTokenizer words;
  std::vector<DecoderStep> decoder;
  Ids before, after;  // what the post-processor puts around a text
};

// Error naming the part of the file that is not known here, or that contradicts another.
BpeJson read_bpe_json(const std::filesystem::path& file);

}  // namespace lorahub::text
