#include "study/check_loss.hpp"

#include <numeric>

#include "base/check.hpp"
#include "study/losses.hpp"
#include "study/trial.hpp"

namespace lorahub::study {
namespace {

void check_program(const Values& values, const Trial& trial) {
  if (measures_candidates(trial.method) && trial.loss == LossKind::ask &&
      trial.loss_program.empty())
    fail_at(values.at("loss"),
            "loss is 'ask' and no program is named (who is asked?), add loss.program: python3 "
            "my_loss.py, say");
}

void check_gradient(const Values& values, const Trial& trial) {
  if (info(trial.method).trains == Trains::mixture && !info(trial.loss).has_gradient)
    fail_at(values.at("loss"),
            "method {} has no loss '{}' (it has no gradient), give it official, token_mean or "
            "example_mean, or leave the method out",
            name(trial.method), name(trial.loss));
}

void check_held_out(const Values& values, const Trial& trial) {
  const int held = trial.held_out, runs = trial.search.runs;
  if (held == 0 || !uses_search(trial.method)) return;
  const Value& at = values.at("loss.held_out");
  if (trial.search.method != SearchMethod::cma || trial.search.recommend != Recommend::mean)
    fail_at(at,
            "shots are held out of the runs of CMA-ES, whose means are averaged (the losses of "
            "candidates on other shots do not compare), set search.method: cma and "
            "search.recommend: mean");
  if (trial.loss == LossKind::ask)
    fail_at(at,
            "a program that says losses (loss: ask) is asked for all shots at once, leave shots "
            "out in the program, or drop loss.held_out");
  const int shots =
      trial.shots.rows.empty() ? trial.shots.count : static_cast<int>(trial.shots.rows.size());
  if (held >= shots)
    fail_at(at, "{} of {} shots are held out (a run would see none), hold out fewer", held, shots);
  if (const int least = shots / std::gcd(shots, held); runs % least != 0)
    fail_at(at,
            "{} runs cannot leave each of {} shots out equally often, {} at a time (one that is "
            "left out less often weighs more), set search.runs to {} or a multiple of it",
            runs, shots, held, least);
}

}  // namespace

void check_loss(const Values& values, const Trial& trial) {
  check_program(values, trial);
  check_gradient(values, trial);
  check_held_out(values, trial);
}

}  // namespace lorahub::study
