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

// For each n, what the first n candidates of a trial have cost, and the least loss among them. Both
// are [E]; cost never falls and best never grows. NaN losses are passed over; best is infinity
// before the first finite loss.
struct Course {
  std::vector<double> cost, best;
};
Course course(const store::Finding& trial, Currency currency);
// The least loss within a budget; NaN when nothing was evaluated within it.
double best_within(const Course& course, double budget);
// The cost of a loss of `target` or less; infinity when it was not reached.
double cost_of(const Course& course, double target);

// The trials of a condition.
std::vector<const store::Finding*> trials(const Condition& condition);

// About `count` whole numbers from 1 to `last`, evenly spaced on a logarithmic scale, both
// included.
std::vector<double> logarithmic_grid(double last, int count);
inline constexpr int kGridPoints = 60;  // of a line in a figure

}  // namespace lorahub::report
