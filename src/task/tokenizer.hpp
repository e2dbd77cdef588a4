// Token ids as Hugging Face's tokenizer of T5 gives them (the class T5Tokenizer of transformers 5,
// T5TokenizerFast before; what AutoTokenizer loads for google/flan-t5-*): special tokens are cut
// out of the raw text; the rest is normalised, split at white space, and each word is cut into
// pieces by itself.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "task/normaliser.hpp"
#include "task/unigram.hpp"

namespace lorahub::task {

using Ids = std::vector<int64_t>;

class Tokenizer {
 public:
  // `folder`: a model folder with spiece.model; tokenizer_config.json and tokenizer.json are read
  // for the special tokens where they lie beside it. Behind the n pieces stand the sentinels:
  // <extra_id_99> is n, <extra_id_0> n + 99. Error: folder or file missing, cut off, or of another
  // kind.
  explicit Tokenizer(const std::filesystem::path& folder);

  // Ids and </s>, as T5Tokenizer(text).input_ids; special tokens in the text (</s>, <pad>, <unk>,
  // <extra_id_0>...) become their ids. Cut to `limit` ids, </s> included, where limit > 0.
  Ids encode(const std::string& text, int limit = 0) const;

  // As decode(ids, skip_special_tokens=True): special tokens and ids without a piece are left out.
  std::string decode(const Ids& ids) const;

  int size() const { return static_cast<int>(pieces_.size()); }  // ids given out are less than this

 private:
  explicit Tokenizer(const PieceModel& model, const std::filesystem::path& folder);
  size_t special_at(std::string_view text) const;  // place in special_, or its size
  void encode_plain(std::string_view text, Ids& ids) const;

  std::vector<std::string> pieces_;  // by id, sentinels and added tokens included
  std::vector<std::pair<std::string, int64_t>> special_;  // text -> id, longest first
  std::array<bool, 256> begins_special_{};                // by first byte
  std::vector<bool> is_special_;                          // by id
  Normaliser normaliser_;
  Unigram unigram_;
  int64_t end_ = 1;  // </s>
};

}  // namespace lorahub::task
