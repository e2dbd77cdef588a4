#include "text/unigram_content.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/check.hpp"
#include "text/tokenizer_config.hpp"
#include "text/tokenizer_files.hpp"
#include "text/tokenizer_json.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;
using AddedTokens = std::vector<AddedToken>;

constexpr int kDefaultSentinels = 100;
constexpr std::string_view kSentinel = "<extra_id_";

std::string sentinel(int i) { return base::format("<extra_id_{}>", i); }

bool holds(const AddedTokens& tokens, std::string_view content) {
  return std::ranges::find(tokens, content, &AddedToken::content) != tokens.end();
}

// One folder's files, read, and put together in the way of transformers: PreTrainedTokenizerBase,
// TokenizersBackend and T5Tokenizer of version 5.24.
class Folder {
 public:
  Folder(fs::path folder, fs::path pieces_from)
      : folder_(std::move(folder)),
        config_(read_tokenizer_config(folder_)),
        map_(read_special_tokens(folder_, config_.decoder ? MapUse::compared : MapUse::read)),
        listed_(read_added_tokens(folder_)) {
    const bool own = fs::exists(folder_ / kPiecesFile) || fs::exists(folder_ / kTokenizerFile);
    pieces_from_ = own ? folder_ : std::move(pieces_from);
    base::check(own || !pieces_from_.empty(),
                "{}: {} is missing in this model folder, and so is {} (text can't be cut into "
                "tokens without either), copy one from the model's page",
                folder_.string(), kPiecesFile, kTokenizerFile);
    by_ = tokenizer_class();
    json_ = read_tokenizer_json(pieces_from_ / kTokenizerFile, by_);
    base::check(json_ || by_ == TokenizerClass::t5,
                "{}: {} is missing in this model folder (the class {} reads it alone), save the "
                "tokenizer again",
                folder_.string(), kTokenizerFile, config_.tokenizer_class);
    if (fs::exists(pieces_from_ / kPiecesFile)) {
      spiece_ = read_piece_model(pieces_from_ / kPiecesFile);
      base::check(spiece_->unknown == kT5Unknown,
                  "{}: piece {} stands for unknown text (of T5 it is piece {}), use a T5 model's "
                  "file",
                  (pieces_from_ / kPiecesFile).string(), spiece_->unknown, kT5Unknown);
    }
  }

  UnigramContent content() {
    content_.cleans_spaces = config_.cleans_spaces;
    content_.cuts_left = config_.cuts_left;
    take_pieces();
    add(tokens());
    check_listed();
    content_.end = end();
    count_named();
    return std::move(content_);
  }

 private:
  [[noreturn]] void contradict(const char* file, const std::string& what) const {
    base::fail(
        "{}: {} (text would be cut into other tokens than the model was trained with), save the "
        "tokenizer again or remove the files that are out of date",
        (folder_ / file).string(), what);
  }

  TokenizerClass tokenizer_class() const {
    const std::string& name = config_.tokenizer_class;
    for (const char* t5 :
         {"", "T5Tokenizer", "T5TokenizerFast", "MT5Tokenizer", "MT5TokenizerFast"})
      if (name == t5) return TokenizerClass::t5;
    if (name == "PreTrainedTokenizerFast" || name == "TokenizersBackend")
      return TokenizerClass::backend;
    contradict(kTokenizerConfigFile, base::format("the tokenizer_class {} is none of T5's", name));
  }

  // --- Pieces

  int sentinels() const { return config_.extra_ids.value_or(kDefaultSentinels); }

  void take_pieces() {
    if (json_) {
      if (spiece_) check_same_pieces(*spiece_, json_->model);
      content_.model = std::move(json_->model);
    } else {
      content_.model = *spiece_;
      for (int i = sentinels() - 1; i >= 0; --i)
        content_.model.pieces.push_back({.text = sentinel(i), .score = 0});
    }
    for (const VocabularyPiece& piece : content_.model.pieces)
      ids_.insert_or_assign(piece.text, static_cast<int64_t>(ids_of_pieces_++));
    base::check(ids_.contains("</s>"),
                "{}: no piece </s> (answers would never end), use a T5 model's file",
                (pieces_from_ / (json_ ? kTokenizerFile : kPiecesFile)).string());
  }

  void check_same_pieces(const PieceModel& spiece, const PieceModel& json) const {
    for (size_t id = 0; id < spiece.pieces.size(); ++id) {
      const std::string& here = spiece.pieces[id].text;
      const std::string there = id < json.pieces.size() ? json.pieces[id].text : "";
      if (here != there)
        contradict(kTokenizerFile, base::format("its piece {} is '{}', but that of {} is '{}'", id,
                                                there, kPiecesFile, here));
    }
  }

  // --- Added tokens

  bool is_legacy() const { return !config_.decoder; }

  // The map's tokens come first, but as the configuration has them.
  std::vector<NamedToken> others_by_name() const {
    std::vector<NamedToken> others;
    if (is_legacy()) others = map_.others;
    for (const NamedToken& other : config_.special.others) {
      const auto known = std::ranges::find(others, other.name, &NamedToken::name);
      if (known == others.end())
        others.push_back(other);
      else
        known->token = other.token;
    }
    return others;
  }

  // Special tokens by name: those of every tokenizer first.
  AddedTokens named_tokens() const {
    AddedTokens tokens;
    std::map<std::string, std::optional<AddedToken>> by_name;
    if (by_ == TokenizerClass::t5)
      by_name = {{"eos_token", special_token("</s>")},
                 {"unk_token", special_token("<unk>")},
                 {"pad_token", special_token("<pad>")}};
    for (const auto& [name, token] : config_.special.named) by_name[name] = token;
    if (is_legacy())
      for (const auto& [name, token] : map_.named) by_name[name] = token;
    for (const std::string& name : special_token_names())
      if (by_name[name]) tokens.push_back(*by_name[name]);
    for (const NamedToken& other : others_by_name()) tokens.push_back(*other.token);
    return tokens;
  }

  // The two lists as from_pretrained leaves them.
  struct Lists {
    std::optional<AddedTokens> additional, extra;
  };
  Lists lists() const {
    const SpecialTokens& config = config_.special;
    Lists lists{.additional = config.additional, .extra = config.extra};
    const bool no_extra = !config.extra_by_name && (!config.extra || config.extra->empty());
    if (lists.additional && no_extra) {
      lists.extra = std::move(lists.additional);
      lists.additional.reset();
    }
    if (!is_legacy()) return lists;
    if (map_.additional) lists.additional = map_.additional;
    if (map_.extra) {
      AddedTokens all = lists.extra.value_or(AddedTokens{});
      for (const AddedToken& token : *map_.extra)
        if (!holds(all, token.content)) all.push_back(token);
      lists.extra = all;
    }
    return lists;
  }

  // What T5Tokenizer makes of the list: sentinels where it has none.
  AddedTokens with_sentinels(std::optional<AddedTokens> additional) const {
    AddedTokens tokens = std::move(additional).value_or(AddedTokens{});
    const auto count = std::ranges::count_if(tokens, [](const AddedToken& token) {
      return token.content.find(kSentinel) != std::string::npos;
    });
    if (count == 0)
      for (int i = 0; i < sentinels(); ++i) tokens.push_back(special_token(sentinel(i)));
    else if (sentinels() > 0 && count != sentinels())
      contradict(kTokenizerConfigFile,
                 base::format("extra_ids is {}, but additional_special_tokens has {} sentinels",
                              sentinels(), count));
    return tokens;
  }

  AddedTokens extra_tokens() const {
    Lists given = lists();
    if (!json_) given.additional = spiece_->cut;
    if (by_ == TokenizerClass::t5) given.additional = with_sentinels(std::move(given.additional));
    return (given.extra ? given.extra : given.additional).value_or(AddedTokens{});
  }

  // added_tokens_decoder, or what older files say in its place; by id.
  AddedTokens decoder() const {
    if (config_.decoder) return *config_.decoder;
    AddedTokens specials;
    for (const std::vector<NamedToken>* named : {&config_.special.named, &map_.named})
      for (const NamedToken& special : *named)
        if (special.token) specials.push_back(*special.token);
    const AddedTokens extra = lists().extra.value_or(AddedTokens{});
    specials.insert(specials.end(), extra.begin(), extra.end());
    std::map<int64_t, AddedToken> by_id;
    for (AddedToken token : listed_) {
      token.special = holds(specials, token.content);
      token.normalized = !token.special;
      by_id[token.id] = token;
    }
    if (json_)
      for (const AddedToken& token : json_->added) by_id[token.id] = token;
    AddedTokens tokens;
    for (auto& [id, token] : by_id) tokens.push_back(std::move(token));
    return tokens;
  }

  // All in the order in which they get their ids.
  AddedTokens tokens() const {
    AddedTokens tokens;
    std::unordered_map<std::string, size_t> places;
    const auto append = [&](const AddedTokens& more) {
      for (const AddedToken& token : more)
        if (!token.content.empty() && places.emplace(token.content, tokens.size()).second)
          tokens.push_back(token);
    };
    const AddedTokens decoded = decoder();
    check_once(decoded);
    if (by_ == TokenizerClass::backend) append(json_->added);
    for (const AddedToken& token : decoded)
      if (const auto known = places.find(token.content);
          known != places.end() && tokens[known->second] != token)
        contradict(kTokenizerConfigFile, base::format("the added token '{}' is another one in {}",
                                                      token.content, kTokenizerFile));
    append(decoded);
    const AddedTokens named = named_tokens();
    append(named);
    append(extra_tokens());
    for (const AddedToken& token : named)
      if (!token.content.empty()) tokens[places.at(token.content)].special = true;
    return tokens;
  }

  void check_once(const AddedTokens& tokens) const {
    std::unordered_set<std::string> seen;
    for (const AddedToken& token : tokens)
      if (!seen.insert(token.content).second)
        contradict(is_legacy() ? kAddedTokensFile : kTokenizerConfigFile,
                   base::format("the added token '{}' has two ids", token.content));
  }

  void add(AddedTokens tokens) {
    int64_t next = ids_of_pieces_;
    for (AddedToken& token : tokens) {
      const auto [known, is_new] = ids_.emplace(token.content, next);
      token.id = known->second;
      if (is_new) ++next;
    }
    content_.added = std::move(tokens);
  }

  // --- Whether the files agree

  void check_id(const char* file, const AddedToken& token) const {
    const auto found = ids_.find(token.content);
    if (token.content.empty() || (found != ids_.end() && found->second == token.id)) return;
    contradict(file,
               base::format("it gives the token '{}' the id {}, but {}", token.content, token.id,
                            found == ids_.end()
                                ? "the folder's other files have no such token"
                                : base::format("of the tokens that the folder's files have "
                                               "together it is number {}",
                                               found->second)));
  }

  void check_known(const char* file, const SpecialTokens& special) const {
    AddedTokens all;
    for (const std::vector<NamedToken>* named : {&special.named, &special.others})
      for (const NamedToken& token : *named)
        if (token.token) all.push_back(*token.token);
    for (const std::optional<AddedTokens>* list : {&special.additional, &special.extra})
      if (*list) all.insert(all.end(), (*list)->begin(), (*list)->end());
    for (const AddedToken& token : all)
      if (!token.content.empty() && !ids_.contains(token.content))
        contradict(file, base::format("the folder's other files have no token '{}', which it names",
                                      token.content));
  }

  void check_listed() const {
    if (config_.decoder)
      for (const AddedToken& token : *config_.decoder) check_id(kTokenizerConfigFile, token);
    for (const AddedToken& token : listed_) check_id(kAddedTokensFile, token);
    if (json_)
      for (const AddedToken& token : json_->added) check_id(kTokenizerFile, token);
    check_known(kTokenizerConfigFile, config_.special);
    check_known(kSpecialTokensFile, map_);
  }

  // --- The rest

  int64_t end() const {
    if (by_ == TokenizerClass::backend) return json_->end;
    std::optional<AddedToken> end = special_token("</s>");
    for (const std::vector<NamedToken>* named : {&config_.special.named, &map_.named})
      if (named == &config_.special.named || is_legacy())
        for (const auto& [name, token] : *named)
          if (name == "eos_token") end = token;
    base::check(end && ids_.contains(end->content),
                "{}: \"eos_token\" names no token (answers would never end), write </s>",
                (folder_ / kTokenizerConfigFile).string());
    return ids_.at(end->content);
  }

  // Sentinels need no place in the model's embedding: few texts hold any.
  void count_named() {
    int64_t id = 0;
    for (const VocabularyPiece& piece : content_.model.pieces) {
      ++id;
      if (!piece.text.starts_with(kSentinel)) content_.named = id;
    }
    for (const AddedToken& token : content_.added)
      if (!token.content.starts_with(kSentinel))
        content_.named = std::max(content_.named, token.id + 1);
  }

  fs::path folder_, pieces_from_;
  TokenizerConfig config_;
  SpecialTokens map_;
  AddedTokens listed_;
  TokenizerClass by_ = TokenizerClass::t5;
  std::optional<TokenizerJson> json_;
  std::optional<PieceModel> spiece_;
  UnigramContent content_;
  std::unordered_map<std::string, int64_t> ids_;  // of pieces, and then of added tokens
  int64_t ids_of_pieces_ = 0;
};

}  // namespace

UnigramContent read_unigram_content(const fs::path& folder, const fs::path& pieces_from) {
  return Folder(folder, pieces_from).content();
}

}  // namespace lorahub::text
