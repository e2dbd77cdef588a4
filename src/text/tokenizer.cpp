#include "text/tokenizer.hpp"

#include "text/tokenizer_kind.hpp"

namespace lorahub::text {

std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
  return tokenizer_kind(folder).load(folder);
}

std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder,
                                                int64_t vocabulary) {
  std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(folder);
  tokenizer->check_fits(vocabulary);
  return tokenizer;
}

}  // namespace lorahub::text
