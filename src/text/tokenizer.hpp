// How a model's text is cut into tokens. The files of a model folder decide which kind of tokenizer
// that is: a kind is a class of its own that fills in a TokenizerKind (tokenizer_kind.hpp).
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "text/prompt_pieces.hpp"

namespace lorahub::text {

using Ids = std::vector<int64_t>;

class Tokenizer {
 public:
  explicit Tokenizer(std::filesystem::path folder) : folder_(std::move(folder)) {}
  virtual ~Tokenizer() = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // The ids of a text that the model reads, special tokens included, as tokenizer(text).input_ids
  // of transformers. Cut to `limit` ids, special tokens included, where limit > 0.
  virtual Ids encode(const std::string& text, int limit) const = 0;
  Ids encode(const std::string& text) const { return encode(text, 0); }

  // The ids of a text that the model is to write. They end with the token that ends an answer.
  virtual Ids encode_target(const std::string& text, int limit) const = 0;
  Ids encode_target(const std::string& text) const { return encode_target(text, 0); }

  // As decode(ids, skip_special_tokens=True): special tokens and ids without a piece are left out.
  virtual std::string decode(const Ids& ids) const = 0;

  // Whether decode() would return the same text if more ids followed, since these already hold a
  // text at which answers are cut off.
  virtual bool is_whole_answer(const Ids& /*ids*/) const { return false; }

  // The ids that are given out are less than this.
  virtual int size() const = 0;

  // Error naming the folder where the model's embedding has too few rows for the tokens (its
  // `vocabulary` was not resized when tokens were added, or the tokenizer is another model's).
  virtual void check_fits(int64_t vocabulary) const = 0;

  // A prompt and the answer to it, each cut to its limit of ids where that is above 0.
  struct PromptAndAnswer {
    Ids prompt, answer;
  };
  struct Limits {
    int prompt = 0, answer = 0;
  };
  virtual PromptAndAnswer encode_pair(const std::string& prompt, const std::string& answer,
                                      Limits limits) const {
    return {.prompt = encode(prompt, limits.prompt),
            .answer = encode_target(answer, limits.answer)};
  }
  // What stands around prompts and answers, where they are one sequence.
  virtual std::optional<PromptPieces> prompt_pieces() const { return std::nullopt; }
  // Whether the ids of a pair are two parts of one sequence, as a decoder-only model reads them.
  virtual bool pairs_are_one_sequence() const { return false; }

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

// The tokenizer in a model's folder. Error: folder or file missing, cut off, or of a kind that is
// not known.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder);

// Where a model reads a prompt and writes its answer: in an encoder and a decoder, or in one
// sequence (decoder-only models; one_sequence_tokenizer.hpp).
enum class Sequences { two, one };
struct ReaderOfTokens {
  int64_t vocabulary = 0;  // rows of the embedding
  Sequences sequences = Sequences::two;
};
// The same for a model. Error where its embedding has no row for some tokens.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder,
                                                ReaderOfTokens model);

}  // namespace lorahub::text
