#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cassert>
#include <map>
#include <mutex>
#include <utility>

#include "base/check.hpp"
#include "base/cores.hpp"
#include "objective/objective.hpp"
#include "t5/loss.hpp"
#include "t5/reference.hpp"
#include "t5/threads.hpp"

namespace lorahub::objective {

namespace {

// The base model's trajectories over the examples of a tile, each computed when it is first asked
// for.
class Trajectories {
 public:
  const t5::Trajectory& of(const t5::Network& network, std::span<const t5::Pair> examples) {
    const std::lock_guard lock(mutex_);
    const std::pair key(examples.data(), examples.size());
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    return known_.emplace(key, t5::base_trajectory(network, examples)).first->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<const t5::Pair*, size_t>, t5::Trajectory> known_;
};

// What a tile needs; all of it is only read, by several threads.
struct Job {
  const Machine& machine;
  lora::Composer compose;
  study::Engine engine;
  std::span<const t5::Pair> pairs;
  std::shared_ptr<Trajectories> trajectories;  // none: no delta evaluation
};

std::span<const double> rows(const search::Population& population, const search::Tile& tile) {
  const auto dim = static_cast<size_t>(population.dim);
  return std::span(population.weights)
      .subspan(static_cast<size_t>(tile.first_candidate) * dim,
               static_cast<size_t>(tile.candidates) * dim);
}

// One candidate after the other.
std::vector<double> plain_sums(const Job& job, std::span<const double> weights, int candidates,
                               std::span<const t5::Pair> examples) {
  const c10::InferenceMode inference;
  std::vector<double> sums;
  const size_t dim = weights.size() / static_cast<size_t>(candidates);
  for (size_t p = 0; p < static_cast<size_t>(candidates); ++p) {
    const t5::Adapter adapter = job.compose(weights.subspan(p * dim, dim));
    const at::Tensor row = t5::reference::loss_sums(job.machine.network, adapter, examples)
                               .to(at::kCPU, at::kDouble)
                               .contiguous();
    sums.insert(sums.end(), row.const_data_ptr<double>(),
                row.const_data_ptr<double>() + row.numel());
  }
  return sums;
}

std::vector<double> tile_sums(const Job& job, const search::Population& population,
                              const search::Tile& tile) {
  const auto examples = job.pairs.subspan(static_cast<size_t>(tile.first_example),
                                          static_cast<size_t>(tile.examples));
  const std::span<const double> weights = rows(population, tile);
  if (job.engine == study::Engine::reference)
    return plain_sums(job, weights, tile.candidates, examples);
  const t5::Network& network = job.machine.network;
  if (job.trajectories == nullptr) return t5::loss_sums(network, job.compose(weights), examples);
  const t5::Trajectory& base = job.trajectories->of(network, examples);
  return t5::loss_sums(network, job.compose(weights), examples,
                       t5::Delta{.weights = *job.machine.narrow, .base = base});
}

search::Measure measure(const Machine& machine, const Mixture& mixture,
                        std::span<const t5::Pair> pairs,
                        std::shared_ptr<Trajectories> trajectories) {
  const Job job{.machine = machine,
                .compose = lora::Composer(mixture.pool, mixture.composition, machine.dtype()),
                .engine = mixture.engine,
                .pairs = pairs,
                .trajectories = std::move(trajectories)};
  return [job, threads = machine.threads, n = mixture.pool.size()](
             const search::Population& population, std::span<const search::Tile> tiles) {
    assert(population.dim == n);
    std::vector<std::vector<double>> sums(tiles.size());
    t5::share(threads, static_cast<int>(tiles.size()), [&](int t) {
      const auto index = static_cast<size_t>(t);
      sums[index] = tile_sums(job, population, tiles[index]);
    });
    return sums;
  };
}

// The base model's pass over all pairs stays in memory.
void check_room(const t5::Config& config, std::span<const t5::Pair> pairs) {
  double bytes = 0;
  for (const t5::Pair& pair : pairs)
    bytes += t5::trajectory_bytes(config, static_cast<double>(pair.source.size()),
                                  static_cast<double>(pair.target.size()));
  base::check(bytes < 0.5 * base::physical_memory(),
              "delta evaluation would keep {:.0f} GB, the base model's pass over the {} "
              "examples (this machine has {:.0f} GB), use f32 or fewer examples",
              1e-9 * bytes, pairs.size(), 1e-9 * base::physical_memory());
}

}  // namespace

search::Measure make_measure(const Machine& machine, const Mixture& mixture,
                             std::span<const t5::Pair> pairs) {
  return measure(machine, mixture, pairs, nullptr);
}

search::Measure make_search_measure(const Machine& machine, const Mixture& mixture,
                                    std::span<const t5::Pair> pairs) {
  if (machine.narrow == nullptr) return make_measure(machine, mixture, pairs);
  check_room(machine.network.config, pairs);
  return measure(machine, mixture, pairs, std::make_shared<Trajectories>());
}

}  // namespace lorahub::objective
