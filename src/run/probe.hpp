// Each module of a library alone on a few examples: what it does before any search.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "objective/objective.hpp"
#include "run/lead/probe_cache.hpp"

namespace lorahub::run {

struct Candidates {
  std::span<const lora::Module> modules;  // [N]
  std::span<const std::string> hashes;    // [N], as lora::hash_module
};
// Returns [1 + N] results: of the base model, then of each module. Each thread computes whole
// modules; what the cache knows is not computed again.
std::vector<Probed> probe(const objective::LoadedModel& machine, const Candidates& candidates,
                          std::span<const task::Example> examples, ProbeCache& cache);

}  // namespace lorahub::run
