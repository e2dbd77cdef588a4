// Each module of a library alone on a few examples: what it does before any search.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "lora/geometry.hpp"
#include "objective/objective.hpp"
#include "run/lead/memory_warnings.hpp"
#include "run/lead/probe_cache.hpp"

namespace lorahub::run {

struct ProbeProgress {
  size_t done = 0, all = 0;  // modules
  size_t computed = 0;       // of those that are done: the others were in the cache
  double least_loss = 0;     // of the base and of the modules that are done
};
// Called by one thread at a time. What it throws ends the probe; what is computed by then is kept.
using ProbeWatch = std::function<void(const ProbeProgress&)>;

enum class Misfits { refuse, leave_out };  // modules that can't be read, or fit another model

struct ProbeOptions {
  std::string model;               // a folder or a published name
  std::string library;             // a folder of PEFT adapters
  std::vector<std::string> names;  // of its modules
  Misfits misfits = Misfits::refuse;
  bool similarity = true;  // find the cosines, too, for which all modules are held at once
  study::Precision precision = study::Precision::f32;
  std::filesystem::path cache = {};  // of earlier results; "": probe_folder()
  ProbeWatch watch = {};
};
struct ProbedModule {
  std::string name;
  int64_t rank = 0;
  lora::Norms norms;
  Probed alone;
};
struct ProbeFindings {
  Probed base;
  std::vector<ProbedModule> modules;         // [N], in the order of their names in the options
  std::vector<std::vector<double>> cosines;  // [N, N], of what the modules add; or none
  std::vector<std::string> left_out;         // a sentence for each module that does not fit
  std::string shots_sha256;
};
// Reads the modules and probes them on the task's shots. Each thread computes whole modules; what
// the cache knows is not computed again. Error where no module fits.
ProbeFindings probe_library(const objective::LoadedModel& loaded, const task::Task& task,
                            const ProbeOptions& options);

struct ShotsCheck {
  std::string rows;   // where the shots are, for sentences
  int max_input = 0;  // tokens
  MemoryCheck memory = MemoryCheck::refuse;
};
// Error for shots that are too long, or too many for the memory. Returns a warning about those that
// are cut; "" for none.
std::string check_shots(const objective::LoadedModel& loaded, const task::Task& task,
                        const ShotsCheck& check);

}  // namespace lorahub::run
