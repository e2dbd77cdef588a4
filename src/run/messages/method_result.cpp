#include "run/messages/method_result.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lorahub::run {

void MethodResult::check() const {
  const auto fits = [this](const search::Generation& g) {
    const auto n = static_cast<int>(weights.size());
    return g.population.dim == n && g.population.weights.size() == g.losses.size() * weights.size();
  };
  base::check(steps >= 0 && backwards >= 0 && std::ranges::all_of(generations, fits),
              "a rank's training came back in another form (the ranks may be different builds), "
              "start the same program on all nodes");
}

}  // namespace lorahub::run
