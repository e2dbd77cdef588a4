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
#include "text/tokenizer.hpp"
#include "text/tokenizer_kind.hpp"
#include "text/unigram.hpp"
#include "text/unigram_content.hpp"

namespace lorahub::text {

class UnigramTokenizer : public Tokenizer {
 public:
  // `folder`: a model folder with spiece.model or tokenizer.json; what lies beside them is read,
  // too (unigram_content.hpp). Behind the n pieces of a spiece.model stand the sentinels:
  // <extra_id_99> is n, <extra_id_0> n + 99. Error: folder or file missing, cut off, or of another
  // kind.
  explicit UnigramTokenizer(const std::filesystem::path& folder);

  // Ids and </s>; added tokens in the text (</s>, <pad>, <unk>, <extra_id_0>, a user's) become
  // their ids.
  Ids encode(const std::string& text, int limit) const override;
  Ids encode_target(const std::string& text, int limit) const override {
    return encode(text, limit);
  }
  using Tokenizer::encode;
  using Tokenizer::encode_target;

  std::string decode(const Ids& ids) const override;
  int size() const override { return static_cast<int>(pieces_.size()); }
  void check_fits(int64_t vocabulary) const override;

 private:
  UnigramTokenizer(const std::filesystem::path& folder, const UnigramContent& content);
  void encode_normal(std::string_view text, Ids& ids) const;
  void encode_words(std::string_view text, Ids& ids) const;

  std::vector<std::string> pieces_;  // by id, sentinels and added tokens included
  std::vector<bool> is_special_;     // by id
  TokenMatcher raw_, normal_;        // added tokens of the raw text, and of the normalised one
  Normaliser normaliser_;
  Unigram unigram_;
  int64_t end_;    // </s>
  int64_t named_;  // UnigramContent::named
  bool cleans_spaces_, cuts_left_;
};

// The vocabulary of T5 and mT5: SentencePiece's unigram model.
extern const TokenizerKind kUnigram;

}  // namespace lorahub::text
