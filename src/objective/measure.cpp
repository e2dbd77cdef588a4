#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cassert>

#include "objective/objective.hpp"
#include "objective/threads.hpp"
#include "t5/loss.hpp"
#include "t5/reference.hpp"

namespace lorahub::objective {

namespace {

// What a tile needs; all of it is only read, by several threads.
struct Job {
  const t5::Network& network;
  lora::Composer compose;
  study::Engine engine;
  std::span<const t5::Pair> pairs;
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
    const at::Tensor row = t5::reference::loss_sums(job.network, adapter, examples)
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
  return t5::loss_sums(job.network, job.compose(weights), examples);
}

}  // namespace

search::Measure make_measure(const Machine& machine, const Mixture& mixture,
                             std::span<const t5::Pair> pairs) {
  const Job job{.network = machine.network,
                .compose = lora::Composer(mixture.pool, mixture.composition, machine.dtype()),
                .engine = mixture.engine,
                .pairs = pairs};
  return [job, threads = machine.threads, n = mixture.pool.size()](
             const search::Population& population, std::span<const search::Tile> tiles) {
    assert(population.dim == n);
    std::vector<std::vector<double>> sums(tiles.size());
    share(threads, static_cast<int>(tiles.size()), [&](int t) {
      const auto index = static_cast<size_t>(t);
      sums[index] = tile_sums(job, population, tiles[index]);
    });
    return sums;
  };
}

}  // namespace lorahub::objective
