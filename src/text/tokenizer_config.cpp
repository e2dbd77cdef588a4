#include "text/tokenizer_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/number.hpp"
#include "text/added_token_json.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // new tokens take their ids in the file's order

constexpr int64_t kMostIds = 1 << 24;  // ids that files may name
constexpr int kMostSentinels = 1 << 16;

// One file, an object, and how it is refused.
class File {
 public:
  explicit File(fs::path path) : path_(std::move(path)) {
    const std::string text = read_tokenizer_json_text(path_);
    json_ = OrderedJson::parse(text, nullptr, /*allow_exceptions=*/false);
    base::check(json_.is_object(),
                "{}: no JSON object (tokens would be unknown), copy the file again",
                path_.string());
  }

  const fs::path& path() const { return path_; }
  auto items() const { return json_.items(); }
  bool has(const char* key) const { return json_.contains(key); }
  const OrderedJson& at(const char* key) const {  // null where there is none
    static const OrderedJson none;
    const auto found = json_.find(key);
    return found == json_.end() ? none : *found;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    base::fail(
        "{}: {} (text would be cut into other tokens than transformers gives), save the tokenizer "
        "again or use the tokenizer files that came with the model",
        path_.string(), what);
  }
  // `why`: a clause about the key's value.
  void check(bool ok, const char* key, const char* why) const {
    if (!ok) refuse(base::format("\"{}\" is {}: {}", key, brief(at(key)), why));
  }

  static std::string brief(const OrderedJson& value) {
    constexpr size_t kMost = 60;
    const std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true);
    return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
  }

 private:
  fs::path path_;
  OrderedJson json_;
};

bool is_written_out(const OrderedJson& value) {  // {"__type": "AddedToken", "content": ...}
  return value.is_object() && value.contains("__type") && value["__type"] == "AddedToken";
}

// How a token that is an object is taken: only with its "__type", or as a special token.
enum class Objects { typed, special };

AddedToken read_token(const OrderedJson& value, const File& file, Objects objects) {
  if (value.is_string()) return special_token(value.get<std::string>());
  if (objects == Objects::typed && !is_written_out(value))
    file.refuse(base::format("the special token {} is no text", File::brief(value)));
  AddedToken token = read_added_token(value, file.path());
  if (objects == Objects::special) {
    if (!value.contains("normalized")) token.normalized = false;
    token.special = true;
  }
  return token;
}

std::optional<std::vector<AddedToken>> read_list(const File& file, const char* key,
                                                 Objects objects) {
  if (!file.has(key)) return std::nullopt;
  std::vector<AddedToken> tokens;
  const OrderedJson& list = file.at(key);
  file.check(list.is_null() || list.is_array(), key, "a list is needed");
  for (const OrderedJson& value : list) tokens.push_back(read_token(value, file, objects));
  return tokens;
}

bool is_special_name(const std::string& name) {
  return std::ranges::find(special_token_names(), name) != special_token_names().end();
}

SpecialTokens read_special(const File& file, Objects objects, Objects in_lists) {
  SpecialTokens read;
  for (const auto& [name, value] : file.items()) {
    if (!name.ends_with("_token")) continue;
    if (is_special_name(name) && value.is_null())
      read.named.push_back({.name = name, .token = std::nullopt});
    else if (is_special_name(name) || value.is_string() || value.is_object())
      (is_special_name(name) ? read.named : read.others)
          .push_back({.name = name, .token = read_token(value, file, objects)});
  }
  read.additional = read_list(file, "additional_special_tokens", in_lists);
  const OrderedJson& extra = file.at("extra_special_tokens");
  read.extra_by_name = extra.is_object() && !extra.empty();
  if (extra.is_object()) {
    for (const auto& [name, value] : extra.items())
      read.others.push_back({.name = name, .token = read_token(value, file, Objects::typed)});
  } else {
    read.extra = read_list(file, "extra_special_tokens", objects);
  }
  return read;
}

std::optional<std::vector<AddedToken>> read_decoder(const File& file) {
  constexpr const char* kKey = "added_tokens_decoder";
  if (!file.has(kKey)) return std::nullopt;
  file.check(file.at(kKey).is_object(), kKey, "an object is needed");
  std::vector<AddedToken> tokens;
  for (const auto& [text, value] : file.at(kKey).items()) {
    AddedToken token = read_added_token(value, file.path());
    token.id = base::number<int64_t>(text).value_or(-1);
    if (token.id < 0 || token.id >= kMostIds)
      file.refuse(base::format("the token '{}' has the id '{}'", token.content, text));
    tokens.push_back(std::move(token));
  }
  std::ranges::sort(tokens, {}, &AddedToken::id);
  return tokens;
}

std::optional<int> read_extra_ids(const File& file) {
  constexpr const char* kKey = "extra_ids";
  if (!file.has(kKey)) return std::nullopt;
  const OrderedJson& count = file.at(kKey);
  file.check(count.is_number_integer() && count <= kMostSentinels && count >= -1, kKey,
             "a count of sentinels is needed");
  return std::max(0, count.get<int>());
}

std::string class_of(const File& file, const fs::path& folder) {
  const auto named = [](const File& in) {
    const OrderedJson& name = in.at("tokenizer_class");
    in.check(name.is_null() || name.is_string(), "tokenizer_class", "a name is needed");
    return name.is_null() ? "" : name.get<std::string>();
  };
  const std::string name = named(file);
  return name.empty() ? named(File(folder / "config.json")) : name;
}

std::optional<bool> read_optional_flag(const File& file, const char* key) {
  const OrderedJson& value = file.at(key);
  file.check(value.is_null() || value.is_boolean(), key, "true or false is needed");
  return value.is_null() ? std::nullopt : std::optional(value.get<bool>());
}

bool read_flag(const File& file, const char* key) {
  return read_optional_flag(file, key).value_or(false);
}

// What changes the tokens and is not done here.
void check_plain(const File& file) {
  file.check(!read_flag(file, "split_special_tokens"), "split_special_tokens",
             "special tokens are never split");
  for (const char* key :
       {"auto_map", "fast_tokenizer_files", "init_inputs", "model_specific_special_tokens"})
    file.check(file.at(key).empty(), key, "this is not known here");
}

}  // namespace

const std::vector<std::string>& special_token_names() {
  static const std::vector<std::string> names = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                 "pad_token", "cls_token", "mask_token"};
  return names;
}

TokenizerConfig read_tokenizer_config(const fs::path& folder) {
  base::check(fs::is_directory(folder),
              "{}: no such model folder (the tokenizer lies there), check the path",
              folder.string());
  const File file(folder / kTokenizerConfigFile);
  check_plain(file);
  const OrderedJson& side = file.at("truncation_side");
  file.check(side.is_null() || side == "left" || side == "right", "truncation_side",
             "left or right is needed");
  return {.tokenizer_class = class_of(file, folder),
          .extra_ids = read_extra_ids(file),
          .decoder = read_decoder(file),
          .special = read_special(file, Objects::typed, Objects::typed),
          .cleans_spaces = read_flag(file, "clean_up_tokenization_spaces"),
          .cuts_left = side == "left",
          .adds_bos = read_optional_flag(file, "add_bos_token"),
          .adds_eos = read_optional_flag(file, "add_eos_token"),
          .adds_space = read_optional_flag(file, "add_prefix_space"),
          .legacy = read_optional_flag(file, "legacy")};
}

SpecialTokens read_special_tokens(const fs::path& folder, MapUse use) {
  const File file(folder / kSpecialTokensFile);
  for (const auto& [key, value] : file.items())
    if (!key.ends_with("_token") && !key.ends_with("_special_tokens"))
      file.refuse(base::format("\"{}\" is not known", key));
  return read_special(file, Objects::special,
                      use == MapUse::compared ? Objects::special : Objects::typed);
}

std::vector<AddedToken> read_added_tokens(const fs::path& folder) {
  const File file(folder / kAddedTokensFile);
  std::vector<AddedToken> tokens;
  for (const auto& [content, id] : file.items()) {
    if (!id.is_number_unsigned() || id >= kMostIds)
      file.refuse(base::format("the token '{}' has the id {}", content, File::brief(id)));
    tokens.push_back({.content = content, .id = id.get<int64_t>()});
  }
  std::ranges::sort(tokens, {}, &AddedToken::id);
  return tokens;
}

}  // namespace lorahub::text
