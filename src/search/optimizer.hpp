// Optimisers by ask and tell.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "search/population.hpp"

namespace lorahub::study {
struct Search;
}

namespace lorahub::search {

// What a generation of CMA-ES is drawn from: N(mean, sigma^2 C).
struct Distribution {
  double sigma = 0;
  double axis_ratio = 0;     // of the longest axis of C to the shortest: 1 for a sphere
  std::vector<double> mean;  // [N]
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual Population ask() = 0;  // the next generation; the same one again until tell()
  // At most `most` candidates that ask() may return in later generations, the soonest first,
  // without those of the current one. None where they can't be known yet.
  virtual Population foresee(int /*most*/) const { return {}; }
  // What was found of the last ask(), in its order. Losses that are NaN and inf rank last.
  virtual void tell(const Evaluation& found) = 0;
  // What ask() draws from, one for each run side by side. None where the search has no such thing.
  virtual std::vector<Distribution> distributions() const { return {}; }
};

// `dim` is the number of modules N. Knobs that are 0 (population, sigma0) get their defaults by
// resolved().
std::unique_ptr<Optimizer> make_optimizer(const study::Search& search, int dim, uint64_t seed);

// The search with its defaults for N modules filled in, as it is recorded.
study::Search resolved(study::Search search, int dim);

// Candidates asked for at once: the populations of all runs.
int generation_size(const study::Search& search, int dim);

}  // namespace lorahub::search
