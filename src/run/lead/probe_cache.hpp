// What modules alone did on some examples, kept between studies.
#pragma once
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "model/tokens.hpp"
#include "plan/trial_inputs.hpp"
#include "store/record.hpp"

namespace lorahub::run {

struct Probed {
  double loss = 0;     // official, without penalty
  double seconds = 0;  // wall clock, that the loss took, as the coordinator measured it
  // A study needs the loss alone, so these are NaN where only studies have probed the module.
  double accuracy = std::numeric_limits<double>::quiet_NaN();  // of greedy answers, %
  double changed = std::numeric_limits<double>::quiet_NaN();   // % of the answers that differ from
                                                               // the base model's
};

// What a loss depends on beside the module. The file's key adds this build, LibTorch and the
// processor, which decide the last bits.
struct ProbeKey {
  std::string model_sha256;
  std::span<const model::Tokens>
      pairs;  // the examples: a tokenizer may change beside the same model
  study::Precision precision = study::Precision::f32;
  base::Device device = base::Device::cpu;
};

// Results of `lorahub probe` and of all studies, found by content: one file for each key, in it one
// entry for each module's hash. A file that can't be read is started anew; a failure to write is
// ignored.
class ProbeCache {
 public:
  ProbeCache(const std::filesystem::path& folder, const ProbeKey& key);
  const Probed* find(const std::string& module_sha256) const;  // nullptr: not there
  void add(const std::string& module_sha256, const Probed& probed);
  void save() const;  // together with what other processes saved meanwhile

 private:
  std::filesystem::path file_;
  std::map<std::string, Probed> known_;
};

// What is known of a trial's candidates.
struct KnownProbes {
  ProbeCache cache;
  std::vector<std::string> modules;  // hashes, [N], as lora::hash_module
};

// $XDG_CACHE_HOME/lorahub/probe or ~/.cache/lorahub/probe
std::filesystem::path probe_folder();

// What earlier studies and `lorahub probe` know of the trial's candidates; nothing where `retrieve`
// does not ask. `inputs` are those from before a rank has loaded the trial.
std::optional<KnownProbes> known_probes(const plan::TrialInputs& inputs, const store::Inputs& files,
                                        base::Device device);

}  // namespace lorahub::run
