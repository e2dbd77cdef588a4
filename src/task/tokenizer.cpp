#include "task/tokenizer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "task/piece_model.hpp"
#include "task/special_tokens.hpp"
#include "task/unicode.hpp"

namespace lorahub::task {
namespace {

constexpr std::string_view kWordSign = "\u2581";  // stands for the space before a word
constexpr int64_t kMostIds = 1 << 24;             // ids that files may name

PieceModel load(const std::filesystem::path& folder) {
  base::check(std::filesystem::is_directory(folder),
              "{}: no such model folder (the tokenizer lies there), "
              "check the path",
              folder.string());
  base::check(std::filesystem::exists(folder / "spiece.model"),
              "{}: spiece.model is missing in this model folder (text can't be cut into tokens "
              "without it), copy "
              "it from the model's page",
              folder.string());
  PieceModel model = read_piece_model(folder / "spiece.model");
  for (Piece& sentinel : sentinels(model, folder)) model.pieces.push_back(std::move(sentinel));
  return model;
}

}  // namespace

Tokenizer::Tokenizer(const std::filesystem::path& folder) : Tokenizer(load(folder), folder) {}

Tokenizer::Tokenizer(const PieceModel& model, const std::filesystem::path& folder)
    : normaliser_(model.charsmap), unigram_(model.pieces, model.unknown) {
  for (const Piece& piece : model.pieces) pieces_.push_back(piece.text);
  for (const auto& [text, id] : special_tokens(model.pieces, folder)) {
    base::check(id < kMostIds,
                "{}: the token {} has the id {} (beyond every model), copy tokenizer.json again",
                folder.string(), text, id);
    const auto at = static_cast<size_t>(id);
    if (at >= pieces_.size()) pieces_.resize(at + 1);
    if (at >= is_special_.size()) is_special_.resize(at + 1);
    pieces_[at] = text;
    is_special_[at] = true;
    special_.emplace_back(text, id);
    begins_special_[static_cast<unsigned char>(text[0])] = true;
    if (text == "</s>") end_ = id;
  }
  is_special_.resize(pieces_.size());
  std::stable_sort(special_.begin(), special_.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  const auto is_end = [](const auto& token) { return token.first == "</s>"; };
  base::check(std::any_of(special_.begin(), special_.end(), is_end),
              "{}: spiece.model has no piece </s> (answers would never end), use a T5 model's file",
              folder.string());
}

size_t Tokenizer::special_at(std::string_view text) const {
  const auto begins = [&](const auto& token) { return text.starts_with(token.first); };
  return static_cast<size_t>(std::find_if(special_.begin(), special_.end(), begins) -
                             special_.begin());
}

// Each word behind kWordSign, whether a space came before it or not.
void Tokenizer::encode_plain(std::string_view text, Ids& ids) const {
  const std::string normal = normaliser_(text);
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) unigram_.encode(word, ids);
    word.clear();
  };
  bool after_space = true;
  for (std::string_view rest = normal; !rest.empty();) {
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

Ids Tokenizer::encode(const std::string& text, int limit) const {
  Ids ids;
  const std::string_view all = text;
  size_t plain = 0;  // where the text since the last special token begins
  for (size_t at = 0; at < all.size();) {
    const bool possible = begins_special_[static_cast<unsigned char>(all[at])];
    const size_t which = possible ? special_at(all.substr(at)) : special_.size();
    if (which == special_.size()) {
      ++at;
      continue;
    }
    encode_plain(all.substr(plain, at - plain), ids);
    ids.push_back(special_[which].second);
    at += special_[which].first.size();
    plain = at;
  }
  encode_plain(all.substr(plain), ids);
  if (limit > 0 && ids.size() >= static_cast<size_t>(limit))
    ids.resize(static_cast<size_t>(limit) - 1);
  ids.push_back(end_);
  return ids;
}

std::string Tokenizer::decode(const Ids& ids) const {
  std::string text;
  bool first = true;
  for (const int64_t id : ids) {
    const auto at = static_cast<size_t>(id);
    if (id < 0 || at >= pieces_.size() || is_special_[at] || pieces_[at].empty()) continue;
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
  return text;
}

}  // namespace lorahub::task
