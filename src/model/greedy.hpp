// Greedy answers token by token: the rows of a batch, which leave it as they end. A family computes
// each step.
#pragma once
#include <vector>

#include "model/output_head.hpp"
#include "model/tokens.hpp"

namespace lorahub::model {

// What leaves a batch when it has ended, so that the others are computed without it. Rows may leave
// where there is one candidate. Candidates leave as wholes, since how many rows a candidate has
// decides its bits.
enum class Leaves { rows, candidates };

struct GreedyRules {
  AnswerLimit limit;
  std::vector<int64_t> ends;       // an answer ends before any of these
  std::vector<int64_t> room = {};  // the most tokens of the answer to each of B prompts, 0 < room
                                   // <= max_tokens; {}: max_tokens
  Leaves leaves = Leaves::rows;
};

// Writes the answers of a batch: B rows for each of P candidates, candidate-major.
class GreedyDecoder {
 public:
  virtual ~GreedyDecoder() = default;
  GreedyDecoder(const GreedyDecoder&) = delete;
  GreedyDecoder& operator=(const GreedyDecoder&) = delete;

  // `begin` stands before each answer.
  std::vector<Ids> answers(int64_t begin);

 protected:
  // `rows` is B.
  GreedyDecoder(const HeadLayer& head, const Adapter& adapter, size_t rows, GreedyRules rules);

  // Hidden states [P, B, d] behind the last norm, f32, of the rows still being written. `last`
  // holds the ids that they wrote in the step before.
  virtual at::Tensor hidden(int64_t step, const Ids& last) = 0;
  // Keeps these rows of the batch alone [rows, int64, on the device]: the family has to select them
  // in its caches, too.
  virtual void keep(const at::Tensor& rows) = 0;

  const Adapter& adapter() const { return adapter_; }  // of the candidates still being written
  int64_t max_tokens() const { return rules_.limit.max_tokens; }

 private:
  void make_heads();
  size_t rows_of_unit() const;
  std::vector<int64_t> units_going() const;
  bool is_full(size_t row, const Ids& answer) const;
  Ids best_ids(const at::Tensor& hidden) const;
  bool ends(int64_t id) const;
  Ids keep_units(const std::vector<int64_t>& units, const Ids& next);

  HeadLayer head_;
  Adapter adapter_;
  GreedyRules rules_;
  std::vector<OutputHead> heads_;  // of each candidate, or one for all
  size_t batch_;                   // B at the beginning
  std::vector<size_t> rows_;       // answer that each row of the batch writes
  std::vector<bool> done_;
};

}  // namespace lorahub::model
