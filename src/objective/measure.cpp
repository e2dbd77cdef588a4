#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cassert>
#include <functional>
#include <memory>

#include "base/check.hpp"
#include "base/cores.hpp"
#include "objective/objective.hpp"
#include "objective/passes.hpp"
#include "tensor/cuda/gpu_memory.hpp"
#include "tensor/threads.hpp"

namespace lorahub::objective {

namespace {

// One candidate after the other, by the plain form.
std::vector<double> plain_sums(const model::Model& model, const lora::Composer& compose,
                               std::span<const double> weights,
                               std::span<const model::Tokens> examples) {
  const c10::InferenceMode inference;
  std::vector<double> sums;
  const auto dim = static_cast<size_t>(compose.size());
  for (size_t first = 0; first < weights.size(); first += dim) {
    const model::Adapter adapter = compose(weights.subspan(first, dim));
    const at::Tensor row =
        model.reference_loss_sums(adapter, examples).to(at::kCPU, at::kDouble).contiguous();
    sums.insert(sums.end(), row.const_data_ptr<double>(),
                row.const_data_ptr<double>() + row.numel());
  }
  return sums;
}

using TileSums = std::function<std::vector<double>(const search::Population& population,
                                                   const search::Tile& tile)>;

ExampleRun examples_of(const search::Tile& tile) {
  return {.first = static_cast<size_t>(tile.first_example),
          .count = static_cast<size_t>(tile.examples)};
}

TileSums tile_sums(const LoadedModel& loaded, const Mixture& mixture,
                   std::span<const model::Tokens> pairs,
                   const model::delta::NarrowWeights* narrow) {
  const lora::Composer compose(mixture.pool, mixture.composition, loaded.dtype());
  if (mixture.engine == study::Engine::reference)
    return [&model = *loaded.model, compose, pairs](const auto& population, const auto& tile) {
      const ExampleRun examples = examples_of(tile);
      return plain_sums(model, compose, population.rows(tile.first_candidate, tile.candidates),
                        pairs.subspan(examples.first, examples.count));
    };
  const auto passes = std::make_shared<Passes>(
      Passes::Subject{.model = *loaded.model, .narrow = narrow, .centres = mixture.centres},
      compose, pairs);
  return [passes](const auto& population, const auto& tile) {
    return (*passes)(population.rows(tile.first_candidate, tile.candidates), examples_of(tile),
                     population.centre(tile.first_candidate));
  };
}

search::Measure measure(const LoadedModel& loaded, const Mixture& mixture,
                        std::span<const model::Tokens> pairs,
                        const model::delta::NarrowWeights* narrow) {
  return [sums_of = tile_sums(loaded, mixture, pairs, narrow), threads = loaded.threads,
          n = mixture.pool.size()](const search::Population& population,
                                   std::span<const search::Tile> tiles) {
    assert(population.dim == n);
    std::vector<std::vector<double>> sums(tiles.size());
    tensor::share(threads, static_cast<int>(tiles.size()), [&](int t) {
      sums[static_cast<size_t>(t)] = sums_of(population, tiles[static_cast<size_t>(t)]);
    });
    return sums;
  };
}

// A recorded pass over all pairs stays in the device's memory for each centre.
void check_room(const LoadedModel& loaded, int centres, std::span<const model::Tokens> pairs) {
  const model::MemoryTerms& memory = loaded.model->architecture().memory();
  const bool on_gpu = loaded.device == base::Device::cuda;
  const double all = on_gpu ? tensor::gpu_memory().total : base::physical_memory();
  double bytes = 0;
  for (const model::Tokens& pair : pairs)
    bytes += centres * memory.trajectory(static_cast<double>(pair.source.size()),
                                         static_cast<double>(pair.target.size()));
  base::check(
      bytes < 0.5 * all,
      "delta evaluation would keep {:.0f} GB, the model's pass over the {} examples for each "
      "of {} runs of the search (this {} has {:.0f} GB), use f32 or fewer examples",
      1e-9 * bytes, pairs.size(), centres, on_gpu ? "GPU" : "machine", 1e-9 * all);
}

}  // namespace

search::Measure make_measure(const LoadedModel& loaded, const Mixture& mixture,
                             std::span<const model::Tokens> pairs) {
  return measure(loaded, mixture, pairs, nullptr);
}

search::Measure make_search_measure(const LoadedModel& loaded, const Mixture& mixture,
                                    std::span<const model::Tokens> pairs) {
  if (loaded.narrow == nullptr) return make_measure(loaded, mixture, pairs);
  const study::Composition composition = mixture.composition.composition;
  base::check(study::info(composition).mixes != study::Mixes::routed,
              "composition {} is not evaluated by differences (which module a token takes would be "
              "told from rounded inputs), use precision f32 or bf16",
              study::name(composition));
  check_room(loaded, mixture.centres, pairs);
  return measure(loaded, mixture, pairs, loaded.narrow.get());
}

}  // namespace lorahub::objective
