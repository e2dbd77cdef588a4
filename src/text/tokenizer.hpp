// Token ids as Hugging Face's tokenizer of T5 gives them (the class T5Tokenizer of transformers 5,
// T5TokenizerFast before; what AutoTokenizer loads for T5 and mT5): added tokens are cut out of the
// raw text, others of them out of the normalised text between these; the rest is split at white
// space, and each word is cut into pieces by itself.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "text/normaliser.hpp"
#include "text/token_matcher.hpp"
#include "text/tokenizer_content.hpp"
#include "text/unigram.hpp"

namespace lorahub::text {

using Ids = std::vector<int64_t>;

class Tokenizer {
 public:
  // `folder`: a model folder with spiece.model or tokenizer.json; what lies beside them is read,
  // too (tokenizer_content.hpp). Behind the n pieces of a spiece.model stand the sentinels:
  // <extra_id_99> is n, <extra_id_0> n + 99. Error: folder or file missing, cut off, or of another
  // kind.
  explicit Tokenizer(const std::filesystem::path& folder);

  // Ids and </s>, as T5Tokenizer(text).input_ids; added tokens in the text (</s>, <pad>, <unk>,
  // <extra_id_0>, a user's) become their ids. Cut to `limit` ids, </s> included, where limit > 0.
  Ids encode(const std::string& text, int limit = 0) const;

  // As decode(ids, skip_special_tokens=True): special tokens and ids without a piece are left out.
  std::string decode(const Ids& ids) const;

  const std::filesystem::path& folder() const { return folder_; }
  int size() const { return static_cast<int>(pieces_.size()); }  // ids given out are less than this

  // Error naming `folder` where the model's embedding has too few rows for the tokens (its
  // `vocabulary` was not resized when tokens were added, or the tokenizer is another model's).
  void check_fits(int64_t vocabulary, const std::filesystem::path& folder) const;

 private:
  explicit Tokenizer(const TokenizerContent& content);
  void encode_normal(std::string_view text, Ids& ids) const;
  void encode_words(std::string_view text, Ids& ids) const;

  std::filesystem::path folder_;
  std::vector<std::string> pieces_;  // by id, sentinels and added tokens included
  std::vector<bool> is_special_;     // by id
  TokenMatcher raw_, normal_;        // added tokens of the raw text, and of the normalised one
  Normaliser normaliser_;
  Unigram unigram_;
  int64_t end_;    // </s>
  int64_t named_;  // TokenizerContent::named
  bool cleans_spaces_, cuts_left_;
};

// The tokenizer in a model's folder. Error where the model's embedding, of `vocabulary` rows, has
// none for some of its tokens.
Tokenizer read_tokenizer(const std::filesystem::path& folder, int64_t vocabulary);

}  // namespace lorahub::text
