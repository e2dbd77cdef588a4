#include "text/bpe_tokenizer.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/check.hpp"
#include "text/bpe_finder.hpp"
#include "text/byte_letters.hpp"
#include "text/tokenizer_files.hpp"
#include "text/unicode.hpp"

namespace lorahub::text {

namespace fs = std::filesystem;

BpeTokenizer::BpeTokenizer(const fs::path& folder)
    : BpeTokenizer(folder, read_bpe_content(folder)) {}

BpeTokenizer::BpeTokenizer(const fs::path& folder, const BpeContent& content)
    : Tokenizer(folder),
      texts_(content.json.model.texts),
      normaliser_(content.json.normaliser),
      words_(content.json.words),
      bpe_(content.json.model),
      decoder_(content.json.decoder),
      before_(content.json.before),
      after_(content.json.after),
      end_(content.end),
      cuts_left_(content.cuts_left) {
  std::unordered_set<std::string_view> special;
  for (const AddedToken& token : content.json.added) {
    const auto id = static_cast<size_t>(token.id);
    if (id >= texts_.size()) texts_.resize(id + 1);
    if (token.special) special.insert(token.content);
    std::string pattern = token.normalized ? normalised(token.content, normaliser_) : token.content;
    texts_[id] = pattern;
    base::check((token.normalized ? normal_ : raw_).add(std::move(pattern), token),
                "the added token '{}' is nothing or another added token when text is normalised "
                "(transformers takes one of them by chance), add it with normalized=False",
                token.content);
  }
  // By their text, as `tokenizers` tells them: one that normalising changes is shown.
  for (const std::string& text : texts_) is_special_.push_back(special.contains(text));
}

// One text on its way to ids.
class BpeTokenizer::Encoding {
 public:
  explicit Encoding(const BpeTokenizer& tokenizer) : tokenizer_(tokenizer) {}

  Ids ids(std::string_view text) {
    for (const TokenMatcher::TextPart& part : tokenizer_.raw_.split(text)) {
      if (part.token == nullptr)
        add_normal(normalised(std::string(part.text), tokenizer_.normaliser_));
      else
        add(*part.token);
    }
    return std::move(ids_);
  }

 private:
  void add(const AddedToken& token) {
    ids_.push_back(token.id);
    is_first_ = false;
  }

  void add_normal(const std::string& text) {
    for (const TokenMatcher::TextPart& part : tokenizer_.normal_.split(text)) {
      if (part.token == nullptr)
        tokenizer_.words_.cut(part.text, is_first_, [&](std::string_view word) { add_word(word); });
      else
        add(*part.token);
      is_first_ = false;
    }
  }

  void add_word(std::string_view word) {
    constexpr size_t kLongestKept = 64;  // longer ones hardly come twice
    if (word.size() > kLongestKept) return tokenizer_.bpe_.encode(letters(word), ids_);
    const auto [known, is_new] = words_.try_emplace(std::string(word));
    if (is_new) tokenizer_.bpe_.encode(letters(word), known->second);
    ids_.insert(ids_.end(), known->second.begin(), known->second.end());
  }

  std::string letters(std::string_view word) const {
    return tokenizer_.words_.is_byte_level ? to_byte_letters(word) : std::string(word);
  }

  const BpeTokenizer& tokenizer_;
  Ids ids_;
  std::unordered_map<std::string, Ids> words_;  // those that came already
  bool is_first_ = true;                        // nothing stands before this place
};

Ids BpeTokenizer::plain_ids(std::string_view text) const {
  return Encoding(*this).ids(whole_utf8(text));
}

void BpeTokenizer::cut(Ids& ids, size_t most) const {
  if (ids.size() <= most) return;
  if (cuts_left_) ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(most));
  ids.resize(most);
}

Ids BpeTokenizer::encode(const std::string& text, int limit) const {
  Ids ids = plain_ids(text);
  const size_t around = before_.size() + after_.size();
  if (limit > 0) cut(ids, std::max(static_cast<size_t>(limit), around) - around);
  ids.insert(ids.begin(), before_.begin(), before_.end());
  ids.insert(ids.end(), after_.begin(), after_.end());
  return ids;
}

Ids BpeTokenizer::encode_target(const std::string& text, int limit) const {
  Ids ids = plain_ids(text);
  if (limit > 0) cut(ids, static_cast<size_t>(limit) - 1);
  ids.push_back(end_);
  return ids;
}

Tokenizer::PromptAndAnswer BpeTokenizer::encode_as_one(const std::string& prompt,
                                                       const std::string& answer,
                                                       Limits limits) const {
  const Ids whole = plain_ids(prompt + answer);
  const auto cut_at =
      whole.begin() + static_cast<std::ptrdiff_t>(std::min(plain_ids(prompt).size(), whole.size()));
  const bool begins =
      before_.size() <= whole.size() && std::equal(before_.begin(), before_.end(), whole.begin());
  PromptAndAnswer pair{.prompt = begins ? Ids() : before_, .answer = Ids(cut_at, whole.end())};
  pair.prompt.insert(pair.prompt.end(), whole.begin(), cut_at);
  if (limits.prompt > 0) cut(pair.prompt, static_cast<size_t>(limits.prompt));
  if (limits.answer > 0) cut(pair.answer, static_cast<size_t>(limits.answer) - 1);
  pair.answer.push_back(end_);
  return pair;
}

std::string BpeTokenizer::decode(const Ids& ids) const {
  std::vector<std::string> tokens;
  for (const int64_t id : ids) {
    const auto at = static_cast<size_t>(id);
    if (id >= 0 && at < texts_.size() && !is_special_[at]) tokens.push_back(texts_[at]);
  }
  return decoded(std::move(tokens), decoder_);
}

void BpeTokenizer::check_fits(int64_t vocabulary) const {
  const auto rows = static_cast<size_t>(std::max<int64_t>(vocabulary, 0));
  if (texts_.size() <= rows) return;
  base::fail(
      "{}: the model's vocabulary is of {} tokens, but its tokenizer has {} (the embedding has no "
      "row for '{}'), resize the model's embedding or use the tokenizer that belongs to it",
      folder().string(), vocabulary, texts_.size(), texts_.back());
}

namespace {

// How text is changed and cut, in an order that is the same for equal tokenizers.
std::string rules(const BpeContent& content) {
  const BpeJson& json = content.json;
  const PreTokenizer& words = json.words;
  std::string all = base::format("{} {} {} {} {} {};", json.model.joins_unknown,
                                 json.model.byte_fallback, json.model.ignores_merges,
                                 words.is_byte_level, words.adds_space, words.words.has_value());
  for (const Merge& merge : json.model.merges)
    all += base::format("{},{};", merge.left, merge.right);
  for (const NormaliserStep& step : json.normaliser)
    all += base::format("{}\t{}\t{};", static_cast<int>(step.kind), step.from, step.to);
  for (const SplitPattern& pattern : words.patterns) all += pattern.expression() + ";";
  if (words.signs)
    all += base::format("{} {} {};", words.signs->sign, static_cast<int>(words.signs->before),
                        words.signs->splits);
  return all + base::format("{} {}", fmt::join(json.before, ","), fmt::join(json.after, ","));
}

TokenTable bpe_tokens(const fs::path& folder, const fs::path& vocabulary_from) {
  return token_table(read_bpe_content(folder, vocabulary_from));
}

// spiece.model is T5's, and special_tokens_map.json is read where tokenizer_config.json is old.
std::vector<std::string> bpe_inputs(const fs::path& folder) {
  std::vector<std::string> names = tokenizer_files(folder);
  std::erase(names, kPiecesFile);
  return names;
}

}  // namespace

TokenTable token_table(const BpeContent& content) {
  TokenTable table{.rules = rules(content)};
  const std::vector<std::string>& texts = content.json.model.texts;
  for (size_t id = 0; id < texts.size(); ++id)
    if (!texts[id].empty()) table.ids[texts[id]].id = static_cast<int64_t>(id);
  for (const AddedToken& token : content.json.added) table.ids[token.content] = token;
  return table;
}

constexpr TokenizerKind kBpe{
    .recognises = [](const fs::path& folder) { return is_bpe_json(folder / kTokenizerFile); },
    .load = [](const fs::path& folder) -> std::shared_ptr<const Tokenizer> {
      return std::make_shared<const BpeTokenizer>(folder);
    },
    .inputs = bpe_inputs,
    .tokens = bpe_tokens};

}  // namespace lorahub::text
