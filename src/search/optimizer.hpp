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
  virtual Population ask() = 0;  // the next generation; the same one again until tell()
  // At most `most` candidates that ask() may return in later generations, the soonest first,
  // without those of the current one. None where they can't be known yet.
  virtual Population foresee(int /*most*/) const { return {}; }
  virtual void tell(const Losses& losses) = 0;  // of the last ask(), in its order; NaN and inf
                                                // rank last
};

// `dim` is the number of modules N. Knobs that are 0 (population, sigma0) get their defaults by
// resolved().
std::unique_ptr<Optimizer> make_optimizer(const study::Search& search, int dim, uint64_t seed);

// The search with its defaults for N modules filled in, as it is recorded.
study::Search resolved(study::Search search, int dim);

// Candidates asked for at once: the populations of all runs.
int generation_size(const study::Search& search, int dim);

}  // namespace lorahub::search
