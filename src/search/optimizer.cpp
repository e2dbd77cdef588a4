#include "search/optimizer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "base/check.hpp"
#include "base/random.hpp"
#include "search/cma.hpp"
#include "search/cobyla.hpp"
#include "search/random_search.hpp"
#include "search/side_by_side.hpp"
#include "study/trial.hpp"

namespace lorahub::search {
namespace {

constexpr int kRandomPopulation = 10;

// The official first step: a sixth of the box [-bound, bound], 0.5 at the official bound of 1.5.
double official_step(double bound) { return bound / 3; }

// The first standard deviation of CMA-ES falls with N, since a composed update of N modules grows
// with sigma sqrt(N) and the budget of a few hundred evaluations leaves no time to shrink it: the
// power law through 0.2 at N = 20 and 0.1 at N = 47, and never more than the official step.
double cma_sigma(int dim, double bound) {
  constexpr double kSigma = 0.2, kDim = 20;
  constexpr double kHalfSigmaDim = 47;
  const double power = std::log(2.0) / std::log(kHalfSigmaDim / kDim);
  return std::min(kSigma * std::pow(kDim / dim, power), official_step(bound));
}

void check_search(const study::Search& search) {
  base::check(search.bound > 0 && std::isfinite(search.bound),
              "search.bound is {} (the weights stay in [-bound, bound]), use a positive number",
              search.bound);
  base::check(
      search.sigma0 >= 0 && std::isfinite(search.sigma0),
      "search.sigma0 is {} (it is the first step size), use a positive number, or 0 for the "
      "default",
      search.sigma0);
  base::check(search.population >= 0,
              "search.population is {} (it counts candidates), use a positive number, or 0 for the "
              "default",
              search.population);
  base::check(int64_t{search.runs} * search.population <= study::kMostOfMany,
              "search.runs {} times search.population {} is too large, together they are at most "
              "{} candidates",
              search.runs, search.population, study::kMostOfMany);
  if (search.method != study::SearchMethod::cma) return;
  base::check(search.population != 1,
              "search.population is 1 (CMA-ES learns by comparing candidates), use 2 or more, or 0 "
              "for the default");
  base::check(
      std::abs(search.mean0) <= search.bound,
      "search.mean0 is {} (the search starts there, and the weights stay within ±{}), use a "
      "value inside the bound",
      search.mean0, search.bound);
}

}  // namespace

study::Search resolved(study::Search search, int dim) {
  assert(dim > 0);
  check_search(search);
  switch (search.method) {
    case study::SearchMethod::cma:
      if (search.population == 0)
        search.population = 4 + static_cast<int>(std::floor(3 * std::log(dim)));  // (48)
      if (search.sigma0 == 0) search.sigma0 = cma_sigma(dim, search.bound);
      break;
    case study::SearchMethod::official:
      search.population = 1;  // whatever the study says: each point depends on the loss before it
      search.sigma0 = official_step(search.bound);  // whatever the study says
      search.runs = 1;
      break;
    case study::SearchMethod::random:
      if (search.population == 0) search.population = kRandomPopulation;
      search.runs = 1;
      break;
  }
  return search;
}

int generation_size(const study::Search& search, int dim) {
  const study::Search known = resolved(search, dim);
  return known.runs * known.population;
}

namespace {

std::unique_ptr<Optimizer> one_run(const study::Search& known, int dim, base::Stream stream) {
  switch (known.method) {
    case study::SearchMethod::cma:
      // With the composition `factor` f(w) = f(-w): every point has a twin of equal loss, and a
      // start at zero would sample twins half of the time, with a gradient of zero there. The
      // positive first mean picks one of the halves; within it, the signs of modules relative to
      // each other stay free.
      return std::make_unique<Cma>(
          CmaStart{.mean = std::vector<double>(static_cast<size_t>(dim), known.mean0),
                   .sigma = known.sigma0,
                   .population = known.population,
                   .bound = known.bound},
          stream);
    case study::SearchMethod::official:
      return std::make_unique<Cobyla>(
          CobylaStart{.dim = dim, .rho = known.sigma0, .bound = known.bound});
    case study::SearchMethod::random:
      return std::make_unique<RandomSearch>(RandomSearch::Box{.dim = dim, .bound = known.bound},
                                            known.population, stream);
  }
  assert(false);
  return nullptr;
}

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const study::Search& search, int dim, uint64_t seed) {
  const study::Search known = resolved(search, dim);
  if (known.runs == 1) return one_run(known, dim, base::Stream(seed, "search"));
  std::vector<std::unique_ptr<Optimizer>> runs;
  for (int run = 1; run <= known.runs; ++run)
    runs.push_back(one_run(known, dim, base::Stream(seed, base::format("search run {}", run))));
  return std::make_unique<SideBySide>(std::move(runs));
}

}  // namespace lorahub::search
