#include "text/tokenizer.hpp"

#include "base/check.hpp"
#include "text/one_sequence_tokenizer.hpp"
#include "text/tokenizer_files.hpp"
#include "text/tokenizer_kind.hpp"

namespace lorahub::text {

std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
  return tokenizer_kind(folder).load(folder);
}

std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder,
                                                ReaderOfTokens model) {
  std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(folder);
  tokenizer->check_fits(model.vocabulary);
  base::check(
      model.sequences == Sequences::one || !std::filesystem::exists(folder / kPromptFile),
      "{}: is for decoder-only models (this one has an encoder, which reads prompts as they "
      "are), remove the file",
      (folder / kPromptFile).string());
  return model.sequences == Sequences::one ? one_sequence(std::move(tokenizer)) : tokenizer;
}

}  // namespace lorahub::text
