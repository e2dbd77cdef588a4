// Processor time of CMA-ES itself (ask and tell) a generation. Fails where N = 196 with a
// population of 64 takes over 5 ms.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "search/optimizer.hpp"
#include "study/trial.hpp"

namespace lorahub::search {
namespace {

constexpr int kGenerations = 400;

double median_ms(int dim, int population) {
  const auto optimizer = make_optimizer({.method = study::SearchMethod::cma,
                                         .population = population,
                                         .budget = population * kGenerations},
                                        dim, 1);
  std::vector<double> times;
  for (int generation = 0; generation < kGenerations; ++generation) {
    const std::clock_t begin = std::clock();
    const Population asked = optimizer->ask();
    const std::clock_t asked_at = std::clock();
    Losses losses;
    for (int p = 0; p < asked.size(); ++p) {
      double sum = 0;
      for (const double w : asked.row(p)) sum += (w - 0.3) * (w - 0.3);
      losses.push_back(sum);
    }
    const std::clock_t evaluated = std::clock();
    optimizer->tell(losses);
    times.push_back(1e3 / CLOCKS_PER_SEC *
                    static_cast<double>(asked_at - begin + std::clock() - evaluated));
  }
  std::sort(times.begin(), times.end());
  std::printf("N = %3d, population %2d: median %.3f ms a generation, 99 %% %.3f ms\n", dim,
              population, times[times.size() / 2], times[times.size() * 99 / 100]);
  return times[times.size() / 2];
}

}  // namespace
}  // namespace lorahub::search

int main() {
  lorahub::search::median_ms(20, 12);
  lorahub::search::median_ms(47, 16);
  return lorahub::search::median_ms(196, 64) < 5 ? 0 : 1;
}
