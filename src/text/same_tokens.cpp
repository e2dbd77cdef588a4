#include "text/same_tokens.hpp"

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "base/files.hpp"
#include "text/tokenizer_files.hpp"
#include "text/tokenizer_kind.hpp"

namespace lorahub::text {

namespace fs = std::filesystem;

namespace {

bool same_bytes(const fs::path& a, const fs::path& b) {
  return fs::exists(a) && base::read_file(a) == base::read_file(b);
}

// "" where all of `a` is in `b`.
std::string first_other(const std::map<std::string, AddedToken>& a,
                        const std::map<std::string, AddedToken>& b) {
  for (const auto& [content, token] : a) {
    const auto found = b.find(content);
    if (found == b.end() || found->second != token) return content;
  }
  return "";
}

}  // namespace

void check_same_tokens(const fs::path& model, const fs::path& adapter) {
  const std::vector<std::string> files = tokenizer_files(adapter);
  const auto same = [&](const std::string& file) {
    return same_bytes(model / file, adapter / file);
  };
  if (std::ranges::all_of(files, same)) return;
  const TokenizerKind& kind = tokenizer_kind(model);
  const TokenTable theirs = kind.tokens(adapter, model), ours = kind.tokens(model, {});
  std::string other = first_other(theirs.ids, ours.ids);
  if (other.empty()) other = first_other(ours.ids, theirs.ids);
  if (other.empty() && theirs.rules == ours.rules) return;
  base::fail(
      "{}: the tokenizer files beside this adapter hold other tokens than the model's in {} ({}; "
      "its texts would be cut otherwise than it was trained with), use them with a model that has "
      "these tokens",
      adapter.string(), model.string(),
      other.empty() ? "text is normalised in another way" : "such as '" + other + "'");
}

}  // namespace lorahub::text
