// Token ids of byte-pair encoding as Hugging Face's `tokenizers` gives them with a tokenizer.json:
// byte-level (GPT-2, Llama-3, Qwen2, SmolLM2) and SentencePiece's with bytes for unknown letters
// (Llama-2, Mistral, TinyLlama). Added tokens are cut out of the raw text, others of them out of
// the normalised text between these; the rest is cut into words, and each word into tokens.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "text/bpe.hpp"
#include "text/bpe_content.hpp"
#include "text/token_matcher.hpp"
#include "text/tokenizer.hpp"
#include "text/tokenizer_kind.hpp"

namespace lorahub::text {

class BpeTokenizer : public Tokenizer {
 public:
  // `folder`: a model folder with tokenizer.json; what lies beside it is read, too
  // (bpe_content.hpp). Error: a file is missing, cut off, of another kind, or contradicts another.
  explicit BpeTokenizer(const std::filesystem::path& folder);
  // Of a folder whose content was read already.
  BpeTokenizer(const std::filesystem::path& folder, const BpeContent& content);

  Ids encode(const std::string& text, int limit) const override;
  // The ids of the text alone and the end of an answer.
  Ids encode_target(const std::string& text, int limit) const override;
  using Tokenizer::encode;
  using Tokenizer::encode_target;

  // A prompt and what the model is to write behind it, white space between them included: both are
  // encoded as one text, since letters of the two may share a token, and cut where the prompt alone
  // has its last token. What encode() puts before a text stands once before the prompt, also where
  // the prompt begins with it (the prefix of a chat may); the answer ends as in encode_target().
  PromptAndAnswer encode_as_one(const std::string& prompt, const std::string& answer,
                                Limits limits = {}) const;

  std::string decode(const Ids& ids) const override;
  int size() const override { return static_cast<int>(texts_.size()); }
  void check_fits(int64_t vocabulary) const override;

 private:
  class Encoding;
  Ids plain_ids(std::string_view text) const;  // nothing put around
  // Takes what is too much off the ids of a text.
  void cut(Ids& ids, size_t most) const;

  std::vector<std::string> texts_;  // by id, added tokens included; "" where there is none
  std::vector<bool> is_special_;    // by id
  TokenMatcher raw_, normal_;       // added tokens of the raw text, and of the normalised one
  std::vector<NormaliserStep> normaliser_;
  PreTokenizer words_;
  Bpe bpe_;
  std::vector<DecoderStep> decoder_;
  Ids before_, after_;
  int64_t end_;
  bool cuts_left_;
};

// All that decides which ids such a tokenizer gives.
TokenTable token_table(const BpeContent& content);

extern const TokenizerKind kBpe;

}  // namespace lorahub::text
