#include "text/unigram_inputs.hpp"

#include <algorithm>

#include "text/tokenizer_config.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;

bool is_own(const NamedToken& named) {
  for (const auto& [name, content] :
       {std::pair{"eos_token", "</s>"}, {"unk_token", "<unk>"}, {"pad_token", "<pad>"}})
    if (named.name == name) return named.token == special_token(content);
  return false;
}

bool is_sentinel(const AddedToken& token) {
  return token.content.starts_with("<extra_id_") && token == special_token(token.content);
}

bool names_own_tokens_alone(const SpecialTokens& special) {
  const std::vector<AddedToken> additional = special.additional.value_or(std::vector<AddedToken>());
  return std::ranges::all_of(special.named, is_own) && special.others.empty() && !special.extra &&
         std::ranges::all_of(additional, is_sentinel);
}

}  // namespace

std::vector<std::string> unigram_inputs(const fs::path& folder) {
  std::vector<std::string> names = tokenizer_files(folder);
  if (!fs::exists(folder / kSpecialTokensFile) && !fs::exists(folder / kAddedTokensFile))
    return names;
  const TokenizerConfig config = read_tokenizer_config(folder);
  if (config.decoder) {
    std::erase(names, kSpecialTokensFile);
    std::erase(names, kAddedTokensFile);
  } else if (std::ranges::all_of(config.special.named, is_own) &&
             names_own_tokens_alone(read_special_tokens(folder, MapUse::read))) {
    std::erase(names, kSpecialTokensFile);
  }
  return names;
}

}  // namespace lorahub::text
