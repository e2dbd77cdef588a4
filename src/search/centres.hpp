// Where delta evaluation (model/delta/delta.hpp) counts the moves of candidates from. Its error
// follows how far a candidate is from the point whose pass was recorded. A search that has gone far
// from the origin, the base model, is told apart better from the middle of its own candidates.
#pragma once
#include "search/population.hpp"

namespace lorahub::study {
struct Search;
}

namespace lorahub::search {

// The fewest candidates for which another pass, recorded in full precision, is worth its time.
inline constexpr int kFewestOfACentre = 6;

// Sets the centres of a generation that lists `of_a_run` candidates of each run, one run after the
// other; the last run may be cut short. The centre of a run is the mean of its candidates where
// they are nearer to it (root mean square) than it is to the origin, and at least kFewestOfACentre;
// else the origin. It depends on the weights alone, and so do the bits of the losses.
Population with_centres(Population generation, int of_a_run);
Population with_centres(Population generation, const study::Search& search);  // one of its own

}  // namespace lorahub::search
