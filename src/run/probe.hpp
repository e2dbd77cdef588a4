// Each module of a library alone on a few examples: what it does before any search.
#pragma once
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "objective/objective.hpp"

namespace lorahub::run {

struct Probed {
  double loss = 0;      // official, without penalty
  double accuracy = 0;  // of greedy answers on the examples, %
  double changed = 0;   // answers that differ from the base's, %
};

// The loss of each module alone: official, without penalty [N]. One thread.
std::vector<double> single_losses(const objective::Machine& machine,
                                  std::span<const lora::Module> modules,
                                  std::span<const task::Example> examples);

// Results by content: a file a (model, examples, precision), in it a line a module's hash. A file
// that can't be read is started anew; one that can't be written is left.
class ProbeCache {
 public:
  ProbeCache(const std::filesystem::path& folder, const std::string& model_sha256,
             const std::string& shots_sha256, study::Precision precision);
  const Probed* find(const std::string& module_sha256) const;  // nullptr: not there
  void add(const std::string& module_sha256, const Probed& probed);
  void save() const;

 private:
  std::filesystem::path file_;
  std::map<std::string, Probed> known_;
};

// $XDG_CACHE_HOME/lorahub/probe or ~/.cache/lorahub/probe
std::filesystem::path probe_folder();

struct Candidates {
  std::span<const lora::Module> modules;  // [N]
  std::span<const std::string> hashes;    // [N], as lora::hash_module
};
// The base on the examples, then each module: [1 + N]. Threads take whole modules; what the cache
// knows is not computed.
std::vector<Probed> probe(const objective::Machine& machine, const Candidates& candidates,
                          std::span<const task::Example> examples, ProbeCache& cache);

}  // namespace lorahub::run
