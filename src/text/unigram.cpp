#include "text/unigram.hpp"

#include <algorithm>
#include <limits>

#include "text/unicode.hpp"

namespace lorahub::text {
namespace {

constexpr double kUnknownPenalty = 10;  // below the least score of a piece

struct BestCut {  // the best way to cut the text up to here
  double score = 0;
  int id = 0;
  size_t from = SIZE_MAX;  // where its last piece begins; SIZE_MAX: not reached
};

void offer(BestCut& node, const BestCut& way) {
  if (node.from == SIZE_MAX || way.score > node.score) node = way;
}

}  // namespace

Unigram::Unigram(const std::vector<VocabularyPiece>& pieces, int unknown) : unknown_(unknown) {
  double least = std::numeric_limits<double>::infinity();
  for (size_t id = 0; id < pieces.size(); ++id) {
    const auto& [text, score] = pieces[id];
    entries_.insert_or_assign(text, VocabularyEntry{static_cast<int>(id), score});
    longest_ = std::max(longest_, text.size());
    least = std::min(least, score);
  }
  unknown_score_ = least - kUnknownPenalty;
}

void Unigram::encode(std::string_view word, std::vector<int64_t>& ids) const {
  std::vector<BestCut> best(word.size() + 1);
  std::string key;
  for (size_t from = 0; from < word.size();) {
    std::string_view rest = word.substr(from);
    take(rest);
    const size_t next = word.size() - rest.size();
    bool alone = false;  // the letter itself is a piece
    for (size_t to = from + 1; to <= std::min(word.size(), from + longest_); ++to) {
      key.assign(word, from, to - from);
      const auto entry = entries_.find(key);
      if (entry == entries_.end()) continue;
      offer(best[to], {best[from].score + entry->second.score, entry->second.id, from});
      alone = alone || to == next;
    }
    if (!alone) offer(best[next], {best[from].score + unknown_score_, unknown_, from});
    from = next;
  }
  const auto first = static_cast<std::ptrdiff_t>(ids.size());
  for (size_t at = word.size(); at > 0; at = best[at].from) {
    const bool fuse = best[at].id == unknown_ && at < word.size() && ids.back() == unknown_;
    if (!fuse) ids.push_back(best[at].id);
  }
  std::reverse(ids.begin() + first, ids.end());
}

}  // namespace lorahub::text
