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
// The base on the examples, then each module, whole: [1 + N]. Threads take whole modules; what the
// cache knows is not computed.
std::vector<Probed> probe(const objective::LoadedModel& machine, const Candidates& candidates,
                          std::span<const task::Example> examples, ProbeCache& cache);

}  // namespace lorahub::run
