#include "text/same_tokens.hpp"

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "base/files.hpp"
#include "text/tokenizer_content.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::text {

namespace fs = std::filesystem;

namespace {

bool same_bytes(const fs::path& a, const fs::path& b) {
  return fs::exists(a) && base::read_file(a) == base::read_file(b);
}

// The id that a tokenizer gives to each text: ids of pieces and of added tokens. Sentinels are
// compared by their ids alone, since versions of transformers write different flags of them.
using TokenIds = std::map<std::string, AddedToken>;
TokenIds token_ids(const TokenizerContent& content) {
  TokenIds tokens;
  for (size_t id = 0; id < content.model.pieces.size(); ++id)
    tokens[content.model.pieces[id].text].id = static_cast<int64_t>(id);
  for (const AddedToken& token : content.added) {
    if (token.special)
      tokens[token.content].id = token.id;
    else
      tokens[token.content] = token;
  }
  return tokens;
}

// "" where all of `a` is in `b`.
std::string first_other(const TokenIds& a, const TokenIds& b) {
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
  const TokenizerContent theirs = read_tokenizer(adapter, model), ours = read_tokenizer(model);
  std::string other = first_other(token_ids(theirs), token_ids(ours));
  if (other.empty()) other = first_other(token_ids(ours), token_ids(theirs));
  if (other.empty() && theirs.model.charsmap == ours.model.charsmap) return;
  base::fail(
      "{}: the tokenizer files beside this adapter hold other tokens than the model's in {} ({}; "
      "its texts would be cut otherwise than it was trained with), use them with a model that has "
      "these tokens",
      adapter.string(), model.string(),
      other.empty() ? "text is normalised in another way" : "such as '" + other + "'");
}

}  // namespace lorahub::text
