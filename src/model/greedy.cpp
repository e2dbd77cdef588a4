#include "model/greedy.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "base/check.hpp"

namespace lorahub::model {
namespace {

constexpr int64_t kNone = -1;  // in place of the likeliest id where logits are not finite

// Of logits [rows, V]: [rows].
at::Tensor likeliest(const at::Tensor& logits) {
  const at::Tensor ids = at::argmax(logits, 1);  // a NaN counts as the largest
  return at::where(at::isfinite(logits.gather(1, ids.unsqueeze(1)).squeeze(1)), ids,
                   at::full_like(ids, kNone));
}

// The adapter of the candidates numbered in `which`.
Adapter chosen(const Adapter& adapter, const at::Tensor& which) {
  Adapter some{.candidates = static_cast<int>(which.size(0)), .slots = adapter.slots};
  for (LowRank& low : some.slots)
    for (at::Tensor* t : {&low.a, &low.b, &low.scale})
      if (t->defined() && t->size(0) == adapter.candidates) *t = t->index_select(0, which);
  return some;
}

}  // namespace

GreedyDecoder::GreedyDecoder(const HeadLayer& head, const Adapter& adapter, size_t rows,
                             GreedyRules rules)
    : head_(head), adapter_(adapter), rules_(std::move(rules)), batch_(rows) {
  rows_.resize(static_cast<size_t>(adapter_.candidates) * rows);
  std::iota(rows_.begin(), rows_.end(), size_t{0});
  done_.assign(rows_.size(), false);
  make_heads();
}

std::vector<Ids> GreedyDecoder::answers(int64_t begin) {
  std::vector<Ids> all(rows_.size());
  Ids last(rows_.size(), begin);
  for (int64_t step = 0; step < max_tokens() && !rows_.empty(); ++step) {
    Ids next = best_ids(hidden(step, last));
    for (size_t i = 0; i < next.size(); ++i) {
      done_[i] = done_[i] || ends(next[i]);
      next[i] = std::max<int64_t>(next[i], 0);  // the batch reads it until the row leaves
      if (done_[i]) continue;
      Ids& answer = all[rows_[i]];
      answer.push_back(next[i]);
      done_[i] = rules_.limit.is_whole(answer) || is_full(rows_[i], answer);
    }
    last = next;
    const std::vector<int64_t> going = units_going();
    if (going.empty()) break;
    if (2 * going.size() * rows_of_unit() <= next.size()) last = keep_units(going, next);
  }
  return all;
}

bool GreedyDecoder::ends(int64_t id) const {
  base::check(
      id != kNone || rules_.limit.not_finite == AnswerLimit::NotFinite::ends,
      "the logits of an answer are not finite (the adapter's weights overflow the model, so "
      "that no token is the likeliest), take smaller weights");
  return id == kNone || std::ranges::find(rules_.ends, id) != rules_.ends.end();
}

bool GreedyDecoder::is_full(size_t row, const Ids& answer) const {
  return !rules_.room.empty() && std::ssize(answer) >= rules_.room[row % batch_];
}

void GreedyDecoder::make_heads() {
  heads_.clear();
  for (int p = 0; p < (adapts_head(head_, adapter_) ? adapter_.candidates : 1); ++p)
    heads_.push_back(output_head(head_, adapter_, p));
}

// A unit is what leaves at once.
size_t GreedyDecoder::rows_of_unit() const {
  return rules_.leaves == Leaves::rows ? 1
                                       : rows_.size() / static_cast<size_t>(adapter_.candidates);
}

// The units that have a row still to be written.
std::vector<int64_t> GreedyDecoder::units_going() const {
  std::vector<int64_t> going;
  const auto size = static_cast<ptrdiff_t>(rows_of_unit());
  for (auto unit = done_.begin(); unit != done_.end(); unit += size)
    if (std::find(unit, unit + size, false) != unit + size)
      going.push_back((unit - done_.begin()) / size);
  return going;
}

// The likeliest id of each row of hidden states [P, B, d], or kNone.
Ids GreedyDecoder::best_ids(const at::Tensor& hidden) const {
  const auto count = static_cast<int64_t>(heads_.size());
  const at::Tensor rows = hidden.reshape({count, -1, hidden.size(2)});
  std::vector<at::Tensor> best;
  for (int64_t p = 0; p < count; ++p)
    best.push_back(likeliest(logits(heads_[static_cast<size_t>(p)], rows[p])));
  const at::Tensor all = at::cat(best).to(at::kCPU);
  const int64_t* ids = all.const_data_ptr<int64_t>();
  return {ids, ids + all.numel()};
}

// Goes on with these units only.
Ids GreedyDecoder::keep_units(const std::vector<int64_t>& units, const Ids& next) {
  const auto size = static_cast<int64_t>(rows_of_unit());
  const auto device = head_.weight.device();
  std::vector<int64_t> going;  // rows
  for (const int64_t unit : units)
    for (int64_t i = 0; i < size; ++i) going.push_back(unit * size + i);
  if (rules_.leaves == Leaves::candidates) {
    adapter_ = chosen(adapter_, at::tensor(units, at::kLong).to(device));
    make_heads();
  }
  const at::Tensor kept = at::tensor(going, at::kLong).to(device);
  if (differs_by_row(adapter_)) adapter_ = rows_of(adapter_, kept);
  keep(kept);
  Ids last;
  std::vector<size_t> rows;
  std::vector<bool> done;
  for (const int64_t i : going) {
    last.push_back(next[static_cast<size_t>(i)]);
    rows.push_back(rows_[static_cast<size_t>(i)]);
    done.push_back(done_[static_cast<size_t>(i)]);
  }
  rows_ = rows;
  done_ = done;
  return last;
}

}  // namespace lorahub::model
