// The course of a search, in three currencies: evaluations, rounds, example-forwards.
#pragma once
#include <string>
#include <vector>

#include "report/summary.hpp"

namespace lorahub::report {

enum class Currency { evaluations, rounds, forwards };
inline constexpr Currency kCurrencies[] = {Currency::evaluations, Currency::rounds,
                                           Currency::forwards};
std::string name(Currency currency);
std::string label(Currency currency);  // with its unit, for an axis

// What the first n candidates of a trial have cost, and the least loss among them. Both [E],
// growing and falling; NaN losses are passed over, infinity before the first finite one.
struct Course {
  std::vector<double> cost, best;
};
Course course(const store::Finding& trial, Currency currency);
// Least loss within a budget; NaN when nothing was evaluated by then.
double best_within(const Course& course, double budget);
// What it has cost to come to `target` or below; infinity when it was not reached.
double cost_of(const Course& course, double target);

// Trials of a condition.
std::vector<const store::Finding*> trials(const Condition& condition);

// About `count` whole numbers from 1 to `last`, evenly spaced on a logarithmic scale, both
// included.
std::vector<double> logarithmic_grid(double last, int count);

}  // namespace lorahub::report
