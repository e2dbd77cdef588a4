// Losses of a search whose runs side by side each leave some shots out, so that no run can fit them
// all: run r, from 0, does not see the `shots` shots from r * shots on, counted round the K shots.
// Each shot is held out of equally many runs, and the mean of the runs' means is the answer
// (search/recommend.hpp). Every candidate is measured on all shots; which of them its loss reads
// depends on its run alone.
#pragma once
#include "objective/loss_kinds.hpp"

namespace lorahub::objective {

struct HeldOut {
  int shots = 0;       // of each run, fewer than K
  int population = 1;  // candidates of one run in a generation, which lists the candidates of run 0
                       // first, then those of run 1, ...
};

// As reduce() of loss_kinds.hpp, each candidate on the shots that its run sees. `population` is a
// generation of the search, which may be cut short.
search::Losses reduce(const search::Sums& sums, std::span<const int> tokens,
                      const search::Population& population, const LossRule& rule,
                      const HeldOut& held_out);

}  // namespace lorahub::objective
