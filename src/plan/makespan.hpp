// How long a study takes on R ranks: the scheduler that runs it, played through with predicted
// times.
#pragma once
#include <vector>

#include "workers/rank_groups.hpp"

namespace lorahub::plan {

// The work of a trial as requests: the rounds of its search, one after the other, then the batches
// of its answers.
struct SearchWork {
  std::vector<int> rounds;  // requests (tiles) of each generation
  double request_cost = 0;  // of one request, in seconds or in TFLOP
  int batches = 0;          // of test rows, all at the same time
  double batch_cost = 0;
};

SearchWork scaled(SearchWork work, double factor);  // the same work, its costs times `factor`
workers::JobSize size_of(const SearchWork& work);

struct Prediction {
  int groups = 1;
  double seconds = 0;      // until the last trial ends
  double utilisation = 0;  // share of ranks x seconds that is spent computing, in [0, 1]
};

// `trials` have costs in seconds. Between two rounds of a trial pass kFloor seconds for ask, tell
// and messages.
inline constexpr double kFloor = 1e-3;
Prediction predict(const std::vector<SearchWork>& trials, const workers::RankLayout& layout);

// The prediction for the number of groups that ends first; of numbers that end within 0.1 % of each
// other, for the fewest groups.
Prediction best_prediction(const std::vector<SearchWork>& trials, int ranks);

}  // namespace lorahub::plan
