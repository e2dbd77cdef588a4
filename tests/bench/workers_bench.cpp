// What sharing a generation out costs: mpirun -np 3 workers_bench. Fails when a generation costs
// more than 1 ms.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <thread>

#include "base/clock.hpp"
#include "base/signals.hpp"
#include "run/messages/across.hpp"
#include "run/messages/measure_tile.hpp"
#include "run/messages/messages.hpp"
#include "workers/world.hpp"

namespace lorahub::workers {
namespace {

constexpr int kCandidates = 12, kWeights = 20, kExamples = 5,
              kRows = 2;  // rows of candidates a tile: 6 tiles

// The cost of a tile: none, or a device that computes while the host waits.
search::Measure formula(std::chrono::microseconds per_tile) {
  return [per_tile](const search::Population& population, std::span<const search::Tile> tiles) {
    std::vector<std::vector<double>> sums;
    for (const search::Tile& tile : tiles) {
      std::vector<double>& of_tile = sums.emplace_back();
      for (int p = 0; p < tile.candidates; ++p) {
        double sum = 0;
        for (const double w : population.row(tile.first_candidate + p)) sum += std::cos(w);
        for (int k = 0; k < tile.examples; ++k) of_tile.push_back(sum + k);
      }
      if (per_tile.count() > 0) std::this_thread::sleep_for(per_tile);
    }
    return sums;
  };
}

struct Times {
  double median = 0, mean = 0, late = 0;  // microseconds a generation; late: 99th percentile
};

Times measured(const search::Measure& measure, int generations) {
  std::vector<search::Tile> tiles;
  for (int p = 0; p < kCandidates; p += kRows) tiles.push_back({p, kRows, 0, kExamples});
  search::Population population{.dim = kWeights,
                                .weights = std::vector<double>(kCandidates * kWeights, 0.1)};
  std::vector<double> times;
  double total = 0;
  for (int generation = 0; generation < generations; ++generation) {
    const base::Stopwatch clock;
    population.weights[0] = measure(population, tiles)[0][0];
    times.push_back(1e6 * clock.seconds());
    total += times.back();
  }
  std::sort(times.begin(), times.end());
  return {.median = times[times.size() / 2],
          .mean = total / generations,
          .late = times[times.size() * 99 / 100]};
}

// Sharing must cost less than 1 ms a generation.
bool measured(const JobHandle& leader, int ranks, char cost) {
  const search::Measure shared = run::across(
      [&](std::vector<std::string> requests) {
        for (std::string& request : requests) request.insert(0, 1, cost);
        return leader.call(requests);
      },
      [](const search::Fault&) {});
  const search::Measure alone = formula(std::chrono::milliseconds(5) * (cost - '0'));
  const search::Measure own_share = [&](const search::Population& population,
                                        std::span<const search::Tile> tiles) {
    const size_t share =
        (tiles.size() + static_cast<size_t>(ranks) - 1) / static_cast<size_t>(ranks);
    return alone(population, tiles.first(share));
  };
  const int generations = cost == '0' ? 5000 : 100;
  measured(shared, generations / 10);
  const Times times = measured(shared, generations);
  const double overhead = times.median - measured(own_share, generations).median;
  std::printf(
      "%d ranks, tiles of %2d ms: %8.1f us a generation (mean %.1f, 99 %% %.1f), sharing costs "
      "%.1f us\n",
      ranks, 5 * (cost - '0'), times.median, times.mean, times.late, overhead);
  return overhead < 1000;
}

int main_of_all_ranks() {
  base::block_signals();
  const Session session;
  World group;
  // A request is one digit (the cost of a tile in units of 5 ms) and what across() made.
  const Handler handler = [](const std::string& request) {
    return run::measure_tile(request.substr(1),
                             formula(std::chrono::milliseconds(5) * (request[0] - '0')));
  };
  return group.run({}, handler, [&](Dispatcher& dispatcher) {
    bool ok = true;
    const auto lead = [&](const JobHandle& leader) {
      for (const char cost : {'0', '1', '4'}) ok = measured(leader, group.size(), cost) && ok;
    };
    dispatcher.work(
        {{.size = {.width = 6}, .join = "0" + base::encode(run::TileRequest{}), .lead = lead}}, 1);
    return ok ? 0 : 1;
  });
}

}  // namespace
}  // namespace lorahub::workers

int main() { return lorahub::workers::main_of_all_ranks(); }
