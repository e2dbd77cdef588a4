#include "run/contest.hpp"

#include <algorithm>
#include <numeric>

#include "base/text.hpp"
#include "report/number_text.hpp"
#include "report/statistics/paired_rows.hpp"
#include "report/statistics/proportion.hpp"
#include "study/losses.hpp"

namespace lorahub::run {
namespace {

bool answered(const Contest& contest, Hits Contestant::*rows) {
  return std::ranges::all_of(contest.contestants,
                             [&](const Contestant& one) { return !(one.*rows).empty(); });
}

size_t count(const Contest& contest, Hits Contestant::*rows) {
  return (contest.contestants.front().*rows).size();
}

std::string p_text(const Contest& contest, const Contestant& one) {
  if (&one == &contest.contestants[contest.answer]) return "";
  return report::p_cell(p_against_answer(contest, one));
}

// Cross-entropy is what everybody calls the loss; another one is named.
std::string loss_head(study::LossKind kind) {
  const study::LossInfo& loss = study::info(kind);
  if (loss.has_gradient) return "loss on the examples";
  return base::format("loss ({}) on the examples", std::string_view(loss.word));
}

std::string tried_text(const Contest& contest) {
  if (contest.tried >= contest.in_library) return "";
  return base::format(
      " The best single module is the best of the {} that were tried; the library has {}.",
      contest.tried, contest.in_library);
}

}  // namespace

report::Interval accuracy(const Hits& hits) {
  return report::wilson(std::accumulate(hits.begin(), hits.end(), 0L),
                        static_cast<long>(hits.size()));
}

double p_against_answer(const Contest& contest, const Contestant& other) {
  const Hits& mine = contest.contestants[contest.answer].test;
  long only_mine = 0, only_other = 0;
  for (size_t row = 0; row < mine.size(); ++row) {
    only_mine += mine[row] > other.test[row] ? 1 : 0;
    only_other += mine[row] < other.test[row] ? 1 : 0;
  }
  return report::mcnemar(only_mine, only_other);
}

std::string contest_table(const Contest& contest) {
  const bool shots = answered(contest, &Contestant::shots);
  const bool test = answered(contest, &Contestant::test);
  report::Cells head{"", loss_head(contest.loss_kind)};
  if (shots)
    head.push_back(base::format("right of the {} examples, %", count(contest, &Contestant::shots)));
  if (test) {
    head.push_back(base::format("right of {} test rows, %", count(contest, &Contestant::test)));
    head.emplace_back("p against it");
  }
  std::vector<report::Cells> rows;
  for (const Contestant& one : contest.contestants) {
    const bool is_answer = &one == &contest.contestants[contest.answer];
    report::Cells cells{one.name + (is_answer ? " (the answer)" : ""),
                        base::format("{:.4f}", one.loss)};
    if (shots) cells.push_back(report::text(accuracy(one.shots)));
    if (test) {
      cells.push_back(report::text(accuracy(one.test)));
      cells.push_back(p_text(contest, one));
    }
    rows.push_back(std::move(cells));
  }
  const char* rows_of_their_own =
      test ? "; the test rows were not looked at" : " (--test FILE: rows of their own)";
  return report::table(head, rows) +
         base::format(
             "\nThe weights were chosen on the examples, which therefore flatter{}.{}\nLosses are "
             "without the penalty. Intervals: Wilson's, 95 %.{}\n",
             rows_of_their_own, tried_text(contest),
             test ? " p: McNemar's exact test against the answer." : "");
}

}  // namespace lorahub::run
