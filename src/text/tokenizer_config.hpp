// The JSON files that lie beside a tokenizer's pieces and name tokens of it.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "text/added_token.hpp"

namespace lorahub::text {

struct NamedToken {
  std::string name;                 // eos_token
  std::optional<AddedToken> token;  // nothing: null
};

// Special tokens by name and as lists. A list that is null is empty.
struct SpecialTokens {
  std::vector<NamedToken> named;   // bos_token, eos_token...: those that every tokenizer may have
  std::vector<NamedToken> others;  // of other names: as the file has them, then those of an object
                                   // "extra_special_tokens"
  std::optional<std::vector<AddedToken>> additional, extra;  // *_special_tokens
  bool extra_by_name = false;                                // "extra_special_tokens" is an object
};

struct TokenizerConfig {
  std::string tokenizer_class;  // "" where no file names one
  std::optional<int> extra_ids;
  std::optional<std::vector<AddedToken>> decoder;  // added_tokens_decoder, by id
  SpecialTokens special;
  bool cleans_spaces = false, cuts_left = false;
  // add_bos_token, add_eos_token, add_prefix_space, legacy; nothing where the file does not say.
  std::optional<bool> adds_bos, adds_eos, adds_space, legacy;
};

// The names of SpecialTokens::named, in transformers' order.
const std::vector<std::string>& special_token_names();

// Reads tokenizer_config.json; the class is that of config.json where it names none. A missing file
// counts as an empty one. Error naming file and key for what is no JSON object and for settings
// that no tokenizer here follows.
TokenizerConfig read_tokenizer_config(const std::filesystem::path& folder);

// Reads special_tokens_map.json. Tokens of additional_special_tokens may be objects where the file
// is only compared (added_tokens_decoder says all that it says); where it is read, transformers
// takes texts alone.
enum class MapUse { read, compared };
SpecialTokens read_special_tokens(const std::filesystem::path& folder, MapUse use);

// Reads added_tokens.json, which has contents and ids alone; sorted by id.
std::vector<AddedToken> read_added_tokens(const std::filesystem::path& folder);

}  // namespace lorahub::text
