#include "search/side_by_side.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace lorahub::search {

Population SideBySide::ask() {
  Population all;
  for (const auto& run : runs_) {
    const Population asked = run->ask();
    all.dim = asked.dim;
    all.add(asked.weights);
  }
  return all;
}

void SideBySide::tell(const Evaluation& found) {
  const Losses& losses = found.losses;
  auto next = losses.begin();
  for (const auto& run : runs_) {
    const int count = run->ask().size();
    assert(losses.end() - next >= count);
    run->tell(Losses(next, next + count));
    next += count;
  }
}

std::vector<Distribution> SideBySide::distributions() const {
  std::vector<Distribution> all;
  for (const auto& run : runs_) {
    std::vector<Distribution> found = run->distributions();
    std::ranges::move(found, std::back_inserter(all));
  }
  return all;
}

}  // namespace lorahub::search
