// How an added token is written in tokenizer.json and in the files beside it:
//   {"content": "<sep>", "special": true, "normalized": false, "lstrip": false, ...}
// A template, so that the JSON library stays in the sources that read files.
#pragma once
#include <filesystem>

#include "base/check.hpp"
#include "text/added_token.hpp"

namespace lorahub::text {

// Keys: content, special, normalized, single_word, lstrip and rstrip; __type and id are passed
// over. Error naming `file` for another key or a value of another kind.
template <class Json>
AddedToken read_added_token(const Json& fields, const std::filesystem::path& file) {
  const auto wrong = [&](const std::string& what) {
    base::fail("{}: {} (tokens would be cut otherwise), save the tokenizer again", file.string(),
               what);
  };
  if (!fields.is_object() || !fields.contains("content") || !fields["content"].is_string())
    wrong("an added token has no text \"content\"");
  AddedToken token{.content = fields["content"].template get<std::string>()};
  bool has_normalized = false;
  for (const auto& [key, value] : fields.items()) {
    if (key == "content" || key == "id" || key == "__type") continue;
    bool* const flag = key == "special"       ? &token.special
                       : key == "normalized"  ? &token.normalized
                       : key == "single_word" ? &token.single_word
                       : key == "lstrip"      ? &token.lstrip
                       : key == "rstrip"      ? &token.rstrip
                                              : nullptr;
    if (flag == nullptr || !value.is_boolean()) {
      wrong(base::format("the added token '{}' has \"{}\": {}, which is not known", token.content,
                         key, value.dump()));
      continue;
    }
    *flag = value.template get<bool>();
    has_normalized = has_normalized || key == "normalized";
  }
  if (!has_normalized) token.normalized = !token.special;
  return token;
}

}  // namespace lorahub::text
