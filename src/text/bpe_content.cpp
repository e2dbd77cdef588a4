#include "text/bpe_content.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/check.hpp"
#include "text/tokenizer_config.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;

class BpeFolder {
 public:
  BpeFolder(fs::path folder, const fs::path& json_from)
      : folder_(std::move(folder)), config_(read_tokenizer_config(folder_)) {
    const bool own = fs::exists(folder_ / kTokenizerFile);
    content_.json = read_bpe_json((own ? folder_ : json_from) / kTokenizerFile);
    check_growth();
    content_.cuts_left = config_.cuts_left;
    if (!config_.decoder) map_ = read_special_tokens(folder_, MapUse::read);
    name_special();
    const std::vector<std::string>& texts = content_.json.model.texts;
    for (size_t id = 0; id < texts.size(); ++id)
      if (!texts[id].empty()) ids_[texts[id]] = static_cast<int64_t>(id);
    next_ = static_cast<int64_t>(ids_.size());
    for (const AddedToken& token : content_.json.added) note(token.content, token.id);
  }

  BpeContent content() {
    add_listed();
    add_special();
    check_others(kTokenizerConfigFile, config_.special);
    check_others(kSpecialTokensFile, map_);
    check_around();
    check_space();
    check_class();
    content_.end = end();
    return std::move(content_);
  }

 private:
  void check_growth() const {
    constexpr double kMost = 256;
    const double times = growth(content_.json.normaliser) * growth(content_.json.decoder);
    base::check(times <= kMost,
                "{}: its replacements can make a text {:g} times as long (a short one could fill "
                "the memory), use the tokenizer.json that came with the model",
                (folder_ / kTokenizerFile).string(), times);
  }

  [[noreturn]] void contradict(const char* file, const std::string& what) const {
    base::fail(
        "{}: {} (text would be cut into other tokens than the model was trained with), save the "
        "tokenizer again or remove the files that are out of date",
        (folder_ / file).string(), what);
  }

  // In the order of their names, by which new ones take their ids. The map counts where the
  // configuration lists no added tokens.
  void name_special() {
    std::map<std::string, NamedToken> by_name;
    for (const SpecialTokens* file : {&config_.special, &map_})
      for (const NamedToken& token : file->named) by_name.insert_or_assign(token.name, token);
    for (const std::string& name : special_token_names())
      if (const auto found = by_name.find(name); found != by_name.end())
        special_.push_back(found->second);
  }

  void note(const std::string& text, int64_t id) {
    ids_[text] = id;
    next_ = std::max(next_, id + 1);
  }

  AddedToken* added(const std::string& text) {  // null: none
    const auto found = std::ranges::find(content_.json.added, text, &AddedToken::content);
    return found == content_.json.added.end() ? nullptr : &*found;
  }

  void add(AddedToken token) {
    const auto known = ids_.find(token.content);
    token.id = known == ids_.end() ? next_ : known->second;
    note(token.content, token.id);
    content_.json.added.push_back(std::move(token));
  }

  // added_tokens_decoder and added_tokens.json.
  void add_listed() {
    for (const AddedToken& token : config_.decoder.value_or(std::vector<AddedToken>())) {
      const AddedToken* known = added(token.content);
      if (known == nullptr)
        add(token);
      else if (*known != token)
        contradict(kTokenizerConfigFile, base::format("the added token '{}' is another one in {}",
                                                      token.content, kTokenizerFile));
      check_id(kTokenizerConfigFile, token);
    }
    for (const AddedToken& token : read_added_tokens(folder_)) check_id(kAddedTokensFile, token);
  }

  void check_id(const char* file, const AddedToken& token) const {
    const auto found = ids_.find(token.content);
    if (found != ids_.end() && found->second == token.id) return;
    contradict(file, base::format("it gives the token '{}' the id {}, which it does not have in {}",
                                  token.content, token.id, kTokenizerFile));
  }

  void add_special() {
    for (const NamedToken& named : special_)
      if (named.token && !named.token->content.empty() && added(named.token->content) == nullptr) {
        AddedToken token = *named.token;
        token.special = true;
        add(std::move(token));
      }
  }

  const AddedToken* special(std::string_view name) const {  // null: none
    const auto found = std::ranges::find(special_, name, &NamedToken::name);
    return found == special_.end() || !found->token ? nullptr : &*found->token;
  }

  // Tokens of other names and of lists, which transformers would add and match.
  void check_others(const char* file, const SpecialTokens& special) {
    std::vector<AddedToken> others;
    for (const NamedToken& named : special.others)
      if (named.token) others.push_back(*named.token);
    for (const auto* list : {&special.additional, &special.extra})
      if (*list) others.insert(others.end(), (*list)->begin(), (*list)->end());
    for (const AddedToken& token : others)
      if (!token.content.empty() && added(token.content) == nullptr)
        contradict(file, base::format("the special token '{}' is none of the added tokens of {}",
                                      token.content, kTokenizerFile));
  }

  // Releases of transformers differ in which of the two files they follow.
  void check_around() const {
    const BpeJson& json = content_.json;
    check_put("add_bos_token", config_.adds_bos, "bos_token", json.before);
    check_put("add_eos_token", config_.adds_eos, "eos_token", json.after);
  }

  void check_put(const char* flag, std::optional<bool> adds, const char* name,
                 const Ids& put) const {
    const AddedToken* token = special(name);
    if (!adds || (*adds && token == nullptr)) return;
    if (put != (*adds ? Ids{ids_.at(token->content)} : Ids()))
      contradict(kTokenizerConfigFile, base::format("\"{}\" is {}, and the post-processor of {} "
                                                    "does otherwise",
                                                    flag, *adds, kTokenizerFile));
  }

  void check_space() const {
    const PreTokenizer& words = content_.json.words;
    if (!words.is_byte_level || config_.adds_space.value_or(words.adds_space) == words.adds_space)
      return;
    contradict(kTokenizerConfigFile,
               base::format("\"add_prefix_space\" is not as in {}, where it is {}", kTokenizerFile,
                            words.adds_space));
  }

  // The class has an expression of its own, which it takes in place of the file's.
  void check_class() const {
    if (!config_.tokenizer_class.starts_with("Qwen2Tokenizer")) return;
    const PreTokenizer& words = content_.json.words;
    if (words.patterns.size() != 1 ||
        words.patterns.front().expression() != SplitPattern::qwen2().expression())
      contradict(kTokenizerConfigFile,
                 base::format("tokenizer_class is {}, whose expression is not that of {}",
                              config_.tokenizer_class, kTokenizerFile));
  }

  int64_t end() const {
    const AddedToken* token = special("eos_token");
    base::check(token != nullptr && !token->content.empty(),
                "{}: there is no \"eos_token\" (answers would never end), name it as it is in the "
                "tokenizer_config.json that came with the model",
                (folder_ / kTokenizerConfigFile).string());
    return ids_.at(token->content);
  }

  fs::path folder_;
  TokenizerConfig config_;
  SpecialTokens map_;                // of special_tokens_map.json, where it counts
  std::vector<NamedToken> special_;  // by name
  BpeContent content_;
  std::unordered_map<std::string, int64_t> ids_;  // of all tokens so far
  int64_t next_ = 0;                              // the next free one
};

}  // namespace

BpeContent read_bpe_content(const fs::path& folder, const fs::path& json_from) {
  return BpeFolder(folder, json_from).content();
}

}  // namespace lorahub::text
