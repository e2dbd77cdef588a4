// SentencePiece ids as Hugging Face's T5 tokenizer class gives them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace lorahub::task {

using Ids = std::vector<int64_t>;

class Tokenizer {
 public:
  // `folder`: a model folder with spiece.model (and tokenizer_config.json or tokenizer.json where extra ids are named).
  explicit Tokenizer(const std::filesystem::path& folder);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  // Ids and </s>, as T5Tokenizer(text).input_ids; special tokens in the text (</s>, <pad>, <unk>, <extra_id_0>...)
  // become their ids. Cut to `limit` ids, </s> included, where limit > 0.
  Ids encode(const std::string& text, int limit = 0) const;
  std::string decode(const Ids& ids) const;  // special tokens left out (skip_special_tokens=True)

 private:
  std::unique_ptr<sentencepiece::SentencePieceProcessor> model_;
  std::vector<std::pair<std::string, int64_t>> special_;  // text -> id, longest first
};

}  // namespace lorahub::task
