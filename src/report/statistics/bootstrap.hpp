// Intervals by resampling draws within tasks (stratified bootstrap: Agarwal et al., NeurIPS 2021).
// It is our own, since we know of no library that resamples crossed draws, and so that equal input
// gives equal intervals on any machine.
#pragma once
#include <array>
#include <functional>
#include <vector>

namespace lorahub::report {

struct Interval {
  double value = 0, low = 0, high = 0;  // 95 %, percentiles
  bool one_draw = false;  // of each task: nothing to resample, low and high say nothing
};

// The values of one task, and which draw each belongs to: levels of the draws of modules, of shots
// and of search seeds (equal numbers: the same draw, in every task).
inline constexpr size_t kFactors = 3;
struct Stratum {
  std::vector<double> values;
  std::vector<std::array<int, kFactors>> levels;  // one a value
};
Stratum independent(std::vector<double> values);  // every value a draw of its own

// within_tasks: each task's draws are resampled for themselves; the interval speaks of new draws
// for these tasks. whole_draws: the first factor (modules, which tasks share) is resampled once for
// all tasks; wider where a good draw of modules is good for many tasks.
enum class Scheme { within_tasks, whole_draws };

// Draws of crossed factors are resampled factor by factor (pigeonhole bootstrap: Owen, AOAS 2007),
// so trials that share a draw are not taken for independent ones. Factors that move together count
// as one.
using Samples = std::vector<std::vector<double>>;         // resampled values, by stratum
using Statistic = std::function<double(const Samples&)>;  // called from several threads

struct Bootstrap {
  int replicates = 10000;
  Scheme scheme = Scheme::within_tasks;
};
// Seeded: equal input, equal interval. Strata may not be empty.
Interval bootstrap(const std::vector<Stratum>& strata, const Statistic& statistic,
                   Bootstrap how = {});
// Several statistics of the same replicates: cheaper than one after the other.
std::vector<Interval> bootstrap(const std::vector<Stratum>& strata,
                                const std::vector<Statistic>& statistics, Bootstrap how = {});

// Statistics: tasks weigh the same in the mean, all values the same in the others.
double mean_of_means(const Samples& samples);
double pooled_iqm(const Samples& samples);
double pooled_gap(const Samples& samples);     // optimality gap to 1
double pooled_spread(const Samples& samples);  // root of the mean variance within strata

}  // namespace lorahub::report
