#include "text/unigram_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/check.hpp"
#include "base/replaced.hpp"
#include "text/unicode.hpp"
#include "text/unigram_inputs.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;

// As transformers' clean_up_tokenization.
void clean_spaces(std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kChanges = {{
      {" .", "."},
      {" ?", "?"},
      {" !", "!"},
      {" ,", ","},
      {" ' ", "'"},
      {" n't", "n't"},
      {" 'm", "'m"},
      {" 's", "'s"},
      {" 've", "'ve"},
      {" 're", "'re"},
  }};
  for (const auto& [from, to] : kChanges) text = base::replaced(std::move(text), from, to);
}

}  // namespace

UnigramTokenizer::UnigramTokenizer(const fs::path& folder)
    : UnigramTokenizer(folder, read_unigram_content(folder)) {}

UnigramTokenizer::UnigramTokenizer(const fs::path& folder, const UnigramContent& content)
    : Tokenizer(folder),
      normaliser_(content.model.charsmap),
      unigram_(content.model.pieces, content.model.unknown),
      end_(content.end),
      named_(content.named),
      cleans_spaces_(content.cleans_spaces),
      cuts_left_(content.cuts_left) {
  for (const VocabularyPiece& piece : content.model.pieces) pieces_.push_back(piece.text);
  for (const AddedToken& token : content.added) {
    std::string pattern = token.normalized ? normaliser_(token.content) : token.content;
    const auto id = static_cast<size_t>(token.id);
    if (id >= pieces_.size()) pieces_.resize(id + 1);
    pieces_[id] = pattern;
    base::check((token.normalized ? normal_ : raw_).add(std::move(pattern), token),
                "the added token '{}' is nothing or another added token when text is normalised "
                "(transformers takes one of them by chance), add it with normalized=False",
                token.content);
  }
  // What is left out of answers is told by its text, as `tokenizers` tells it: a special token that
  // normalising changes is shown, and a piece of the same text as a special token is not.
  std::unordered_set<std::string_view> special;
  for (const AddedToken& token : content.added)
    if (token.special) special.insert(token.content);
  for (const std::string& piece : pieces_) is_special_.push_back(special.contains(piece));
}

void UnigramTokenizer::check_fits(int64_t vocabulary) const {
  if (named_ <= vocabulary) return;
  const auto first = static_cast<size_t>(vocabulary);
  base::check(false,
              "{}: the model's vocabulary is of {} tokens, but its tokenizer has {} (the embedding "
              "has no row for '{}'), resize the model's embedding or use the tokenizer that "
              "belongs to it",
              folder().string(), vocabulary, named_, pieces_[first]);
}

// Each word behind kWordSign, whether a space came before it or not.
void UnigramTokenizer::encode_words(std::string_view text, Ids& ids) const {
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) unigram_.encode(word, ids);
    word.clear();
  };
  bool after_space = true;
  for (std::string_view rest = text; !rest.empty();) {
    const char32_t c = take(rest);
    const bool space = is_space(c);
    const bool sign = c == 0x2581;  // written in the text: begins a word too
    if (space || sign) end_word();
    if (sign) word = kWordSign;
    if (!space && !sign) {
      if (after_space) word = kWordSign;
      append(word, c);
    }
    after_space = space;
  }
  end_word();
}

void UnigramTokenizer::encode_normal(std::string_view text, Ids& ids) const {
  for (const TokenMatcher::TextPart& part : normal_.split(text)) {
    if (part.token == nullptr)
      encode_words(part.text, ids);
    else
      ids.push_back(part.token->id);
  }
}

Ids UnigramTokenizer::encode(const std::string& text, int limit) const {
  Ids ids;
  for (const TokenMatcher::TextPart& part : raw_.split(text)) {
    if (part.token == nullptr)
      encode_normal(normaliser_(part.text), ids);
    else
      ids.push_back(part.token->id);
  }
  const size_t most = limit > 0 ? static_cast<size_t>(limit) - 1 : ids.size();
  if (ids.size() > most && cuts_left_)
    ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(most));
  if (ids.size() > most) ids.resize(most);
  ids.push_back(end_);
  return ids;
}

std::string UnigramTokenizer::decode(const Ids& ids) const {
  std::string text;
  bool first = true;
  for (const int64_t id : ids) {
    const auto at = static_cast<size_t>(id);
    if (id < 0 || at >= pieces_.size() || is_special_[at]) continue;
    for (std::string_view rest = pieces_[at]; !rest.empty();) {
      if (rest.starts_with(kWordSign)) {
        if (!first) text += ' ';
        rest.remove_prefix(kWordSign.size());
      } else {
        text += rest[0];
        rest.remove_prefix(1);
      }
    }
    first = false;
  }
  if (cleans_spaces_) clean_spaces(text);
  return text;
}

namespace {

// Sentinels are compared by their ids alone, since versions of transformers write different flags
// of them.
TokenTable tokens(const fs::path& folder, const fs::path& vocabulary_from) {
  const UnigramContent content = read_unigram_content(folder, vocabulary_from);
  TokenTable table{.rules = content.model.charsmap};
  for (size_t id = 0; id < content.model.pieces.size(); ++id)
    table.ids[content.model.pieces[id].text].id = static_cast<int64_t>(id);
  for (const AddedToken& token : content.added) {
    if (token.special)
      table.ids[token.content].id = token.id;
    else
      table.ids[token.content] = token;
  }
  return table;
}

}  // namespace

constexpr TokenizerKind kUnigram{
    .recognises = [](const fs::path&) { return true; },
    .load = [](const fs::path& folder) -> std::shared_ptr<const Tokenizer> {
      return std::make_shared<const UnigramTokenizer>(folder);
    },
    .inputs = unigram_inputs,
    .tokens = tokens};

}  // namespace lorahub::text
