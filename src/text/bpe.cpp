#include "text/bpe.hpp"

#include <queue>
#include <tuple>

#include "base/text.hpp"
#include "text/unicode.hpp"

namespace lorahub::text {
namespace {

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

// A word while its tokens are joined: a list of tokens, and a queue of the pairs that can be.
class JoinedWord {
 public:
  JoinedWord(const Bpe& bpe, const std::vector<int32_t>& ids) : bpe_(bpe) {
    const auto count = static_cast<int32_t>(ids.size());
    tokens_.reserve(ids.size());
    for (int32_t at = 0; at < count; ++at)
      tokens_.push_back({.id = ids[static_cast<size_t>(at)],
                         .before = at - 1,
                         .after = at + 1 < count ? at + 1 : -1});
    for (int32_t at = 0; at + 1 < count; ++at) offer(at);
  }

  void append_to(Ids& ids) {
    while (!queue_.empty()) {
      const PossibleJoin join = queue_.top();
      queue_.pop();
      if (still_holds(join)) apply(join);
    }
    for (int32_t at = tokens_.empty() ? -1 : 0; at >= 0; at = token(at).after)
      ids.push_back(token(at).id);
  }

 private:
  struct WordToken {
    int32_t id, before, after;  // places of the neighbours; -1: none
    bool is_gone = false;       // became part of the one before it
  };
  struct PossibleJoin {
    int32_t rank, place, id;  // `id`: of the joined token
    // The lowest rank, and of these the leftmost, is on top of the queue.
    bool operator<(const PossibleJoin& other) const {
      return std::tie(other.rank, other.place) < std::tie(rank, place);
    }
  };

  WordToken& token(int32_t at) { return tokens_[static_cast<size_t>(at)]; }

  void offer(int32_t at) {  // the pair of the token at `at` and the one behind it
    const WordToken& left = token(at);
    if (const auto* joined = bpe_.joined(left.id, token(left.after).id))
      queue_.push({.rank = joined->rank, .place = at, .id = joined->id});
  }

  // Whether the pair is still there. As `tokenizers` sees it, another pair in its place that
  // becomes the same token will do.
  bool still_holds(const PossibleJoin& join) {
    const WordToken& left = token(join.place);
    if (left.is_gone || left.after < 0) return false;
    const auto* joined = bpe_.joined(left.id, token(left.after).id);
    return joined != nullptr && joined->id == join.id;
  }

  void apply(const PossibleJoin& join) {
    WordToken& left = token(join.place);
    WordToken& right = token(left.after);
    left.id = join.id;
    left.after = right.after;
    right.is_gone = true;
    if (left.after >= 0) token(left.after).before = join.place;
    if (left.before >= 0) offer(left.before);
    if (left.after >= 0) offer(join.place);
  }

  const Bpe& bpe_;
  std::vector<WordToken> tokens_;
  std::priority_queue<PossibleJoin> queue_;
};

}  // namespace

Bpe::Bpe(const BpeModel& model)
    : unknown_(model.unknown),
      joins_unknown_(model.joins_unknown),
      byte_fallback_(model.byte_fallback) {
  frequent_letters_.fill(-1);
  bytes_.fill(-1);
  std::unordered_map<std::string, size_t> byte_texts;
  for (size_t byte = 0; byte < bytes_.size(); ++byte)
    byte_texts[base::format("<0x{:02X}>", byte)] = byte;
  for (size_t i = 0; i < model.texts.size(); ++i) {
    const std::string& text = model.texts[i];
    const auto id = static_cast<int32_t>(i);
    if (text.empty()) continue;
    std::string_view rest = text;
    const char32_t first = take(rest);
    if (rest.empty() && first < kFrequent) frequent_letters_[first] = id;
    if (rest.empty() && first >= kFrequent) other_letters_[first] = id;
    if (const auto byte = byte_texts.find(text); byte != byte_texts.end())
      bytes_[byte->second] = id;
    if (model.ignores_merges) words_[text] = id;
  }
  pairs_.reserve(model.merges.size());
  for (size_t rank = 0; rank < model.merges.size(); ++rank) {
    const Merge& merge = model.merges[rank];
    pairs_[pair_key(merge.left, merge.right)] = {.rank = static_cast<int32_t>(rank),
                                                 .id = merge.joined};
  }
}

const Bpe::JoinedPair* Bpe::joined(int32_t left, int32_t right) const {
  const auto found = pairs_.find(pair_key(left, right));
  return found == pairs_.end() ? nullptr : &found->second;
}

int32_t Bpe::letter(char32_t c) const {
  if (c < kFrequent) return frequent_letters_[c];
  const auto found = other_letters_.find(c);
  return found == other_letters_.end() ? -1 : found->second;
}

// Appends nothing and returns false where a byte is no token.
bool Bpe::append_bytes(std::string_view letter, std::vector<int32_t>& ids) const {
  for (const char byte : letter)
    if (bytes_[static_cast<unsigned char>(byte)] < 0) return false;
  for (const char byte : letter) ids.push_back(bytes_[static_cast<unsigned char>(byte)]);
  return true;
}

// Bytes do not end a row of unknown letters, whose token comes behind them then: as `tokenizers`.
std::vector<int32_t> Bpe::letters(std::string_view word) const {
  std::vector<int32_t> ids;
  ids.reserve(word.size());
  bool after_unknown = false;
  while (!word.empty()) {
    const std::string_view before = word;
    const int32_t id = letter(take(word));
    const std::string_view bytes = before.substr(0, before.size() - word.size());
    if (id < 0 && ((byte_fallback_ && append_bytes(bytes, ids)) || unknown_ < 0)) continue;
    if (after_unknown && (id >= 0 || !joins_unknown_)) ids.push_back(unknown_);
    if (id >= 0) ids.push_back(id);
    after_unknown = id < 0;
  }
  if (after_unknown) ids.push_back(unknown_);
  return ids;
}

void Bpe::encode(std::string_view word, Ids& ids) const {
  if (!words_.empty()) {
    const auto found = words_.find(std::string(word));
    if (found != words_.end()) {
      ids.push_back(found->second);
      return;
    }
  }
  JoinedWord(*this, letters(word)).append_to(ids);
}

}  // namespace lorahub::text
