// Gradient-free optimisers by ask and tell.
#pragma once
#include <cstdint>
#include <memory>

#include "search/population.hpp"
#include "study/trial.hpp"

namespace lorahub::search {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual Population ask() = 0;  // the next generation; asked again before tell: the same one
  // Candidates that may be asked for in the next generations, the nearest first, at most `most`;
  // what was asked last is not among them. None where that cannot be known.
  virtual Population foresee(int /*most*/) const { return {}; }
  virtual void tell(const Losses& losses) = 0;  // of the generation asked last, in its order; NaN
                                                // and inf rank last
};

// dim: number of modules N. Defaults (population, sigma0 = 0) are resolved by `resolved`.
std::unique_ptr<Optimizer> make_optimizer(const study::Search& search, int dim, uint64_t seed);

// The search with its defaults filled in for N modules: what is recorded.
study::Search resolved(study::Search search, int dim);

// Candidates asked for at once: the populations of all runs.
int generation_size(const study::Search& search, int dim);

}  // namespace lorahub::search
