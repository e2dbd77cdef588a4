// Whether an adaptation helped: the base model, the best single module and the mixture on the same
// rows, side by side.
#pragma once
#include <string>
#include <vector>

#include "report/statistics/bootstrap.hpp"
#include "report/table.hpp"
#include "study/choices.hpp"

namespace lorahub::run {

using Hits = std::vector<int>;  // by row: 1 where the answer is right, else 0

struct Contestant {
  std::string name;  // "base", "best single module: x" or "mixture"
  double loss = 0;   // on the shots, without the penalty
  Hits shots, test;  // empty: not answered
};

struct Contest {
  std::vector<Contestant> contestants;  // the base first, the mixture last
  size_t answer = 0;                    // place of the one that was written
  study::LossKind loss_kind = study::LossKind::official;
  // Modules that were measured alone to find the best single one, and modules of the whole library.
  size_t tried = 0, in_library = 0;
};

report::Interval accuracy(const Hits& hits);  // percent, with Wilson's 95 % interval

// McNemar's p of the answer against another contestant, on the test rows.
double p_against_answer(const Contest& contest, const Contestant& other);

// The contest as a table, with the columns that were measured, and what to know of it in a
// sentence.
std::string contest_table(const Contest& contest);

}  // namespace lorahub::run
