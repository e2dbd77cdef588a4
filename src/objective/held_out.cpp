#include "objective/held_out.hpp"

#include <cassert>

namespace lorahub::objective {
namespace {

// Which of K shots the run sees.
std::vector<bool> seen(int run, size_t shots, int held_out) {
  std::vector<bool> seen(shots, true);
  const auto first = static_cast<size_t>(run) * static_cast<size_t>(held_out);
  for (size_t i = 0; i < static_cast<size_t>(held_out); ++i) seen[(first + i) % shots] = false;
  return seen;
}

// The columns of the shots that are seen, of each kind; `sums` has one candidate's [kinds * K].
template <class Number>
std::vector<Number> of_seen(std::span<const Number> values, const std::vector<bool>& seen) {
  std::vector<Number> some;
  for (size_t column = 0; column < values.size(); ++column)
    if (seen[column % seen.size()]) some.push_back(values[column]);
  return some;
}

}  // namespace

search::Losses reduce(const search::Sums& sums, std::span<const int> tokens,
                      const search::Population& population, const LossRule& rule,
                      const HeldOut& held_out) {
  assert(held_out.shots < static_cast<int>(tokens.size()));
  search::Losses losses;
  for (int p = 0; p < population.size(); ++p) {
    const std::vector<bool> shots = seen(p / held_out.population, tokens.size(), held_out.shots);
    const auto columns = static_cast<size_t>(sums.examples);
    search::Sums own{
        .values = of_seen(std::span(sums.values).subspan(static_cast<size_t>(p) * columns, columns),
                          shots)};
    own.examples = static_cast<int>(own.values.size());
    const auto weights = population.row(p);
    losses.push_back(reduce(own, of_seen(tokens, shots),
                            {.dim = population.dim, .weights = {weights.begin(), weights.end()}},
                            rule)
                         .front());
  }
  return losses;
}

}  // namespace lorahub::objective
