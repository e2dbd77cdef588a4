#include "text/tokenizer_kind.hpp"

#include <algorithm>

#include "text/bpe_tokenizer.hpp"
#include "text/gguf_tokenizer.hpp"
#include "text/unigram_tokenizer.hpp"

namespace lorahub::text {
namespace {

// The unigram kind comes last: it takes any folder, and its reader says what is missing or of a
// kind that is not known.
constexpr const TokenizerKind* kKinds[] = {&kBpe, &kGguf, &kUnigram};

}  // namespace

const TokenizerKind& tokenizer_kind(const std::filesystem::path& folder) {
  return **std::ranges::find_if(
      kKinds, [&](const TokenizerKind* kind) { return kind->recognises(folder); });
}

}  // namespace lorahub::text
