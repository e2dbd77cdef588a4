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
  double seconds = 0;  // that the loss took, on the clock of who shared it out
  // What a study does not ask for; NaN where only one has probed.
  double accuracy = std::numeric_limits<double>::quiet_NaN();  // of greedy answers, %
  double changed = std::numeric_limits<double>::quiet_NaN();   // answers that the base's are not, %
};

// What a loss depends on beside the module; and this build, LibTorch and the processor, which
// decide its last bits.
struct ProbeKey {
  std::string model_sha256;
  std::span<const model::Tokens>
      pairs;  // the examples: a tokenizer may change beside the same model
  study::Precision precision = study::Precision::f32;
  base::Device device = base::Device::cpu;
};

// Results by content, of `lorahub probe` and of all studies: a file a key, in it a line a module's
// hash. A file that can't be read is started anew; one that can't be written is left.
class ProbeCache {
 public:
  ProbeCache(const std::filesystem::path& folder, const ProbeKey& key);  // `key`: for the call
  const Probed* find(const std::string& module_sha256) const;            // nullptr: not there
  void add(const std::string& module_sha256, const Probed& probed);
  void save() const;  // with what others saved meanwhile

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
// does not ask. `brief`: of the trial, before it is loaded.
std::optional<KnownProbes> known_probes(const plan::TrialInputs& brief, const store::Inputs& files,
                                        base::Device device);

}  // namespace lorahub::run
