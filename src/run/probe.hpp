// Each module of a library alone on a few examples: what it does before any search.
#pragma once
#include <filesystem>
#include <functional>
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
// Told, by one thread at a time, how many of the modules that the cache does not know are computed.
using ProbeWatch = std::function<void(size_t done, size_t all)>;

// Returns [1 + N] results: of the base model, then of each module. Each thread computes whole
// modules; what the cache knows is not computed again.
std::vector<Probed> probe(const objective::LoadedModel& loaded, const Candidates& candidates,
                          std::span<const task::Example> examples, ProbeCache& cache,
                          const ProbeWatch& watch = {});

struct ProbeOptions {
  std::string model;               // a folder or a published name
  std::string library;             // a folder of PEFT adapters
  std::vector<std::string> names;  // of its modules, [N]
  study::Precision precision = study::Precision::f32;
  std::filesystem::path cache = {};  // of earlier results; "": probe_folder()
  ProbeWatch watch = {};
};
struct ProbeFindings {
  std::vector<lora::Module> modules;         // [N]
  std::vector<Probed> probed;                // [1 + N]: the base, then each
  std::vector<std::vector<double>> cosines;  // [N, N], of what the modules add
  std::string shots_sha256;
};
// Reads the modules and probes them on the task's shots; new results go into the cache. Error for a
// module that does not fit the model.
ProbeFindings probe_library(const objective::LoadedModel& loaded, const task::Task& task,
                            const ProbeOptions& options);

}  // namespace lorahub::run
