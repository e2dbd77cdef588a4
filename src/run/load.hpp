// From names to what a rank computes with: a model on its device, modules read and stacked.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "objective/objective.hpp"
#include "workers/channel.hpp"

namespace lorahub::run {

struct Hardware {
  t5::Device device = t5::Device::cpu;
  int threads = 1;
  int trials = 1;   // that it works on at the same time
  std::string gpu;  // as CUDA_VISIBLE_DEVICES named it; the process sees no other
};

// Cores of this node / ranks on it, at most those that this rank is bound to, at least 1. On a GPU
// at most 4: its kernels are the threads' to launch, not to compute.
int default_threads(int ranks_on_node, t5::Device device);
int default_trials(t5::Device device);  // 2 on a GPU

// The tokenizer in a model's folder. Error where the model's embedding has no rows for its tokens.
task::Tokenizer load_tokenizer(const std::filesystem::path& folder, const t5::Config& config);

// `model`: a folder or a Hugging Face name found in its cache. Error when it is not there, or no
// GPU for cuda.
objective::Machine load_machine(const std::string& model, study::Precision precision,
                                const Hardware& hardware);

// The same of which `share` is read; the rest comes by exchange_tensors().
struct PartlyLoadedMachine {
  objective::Machine machine;
  std::vector<t5::SharedTensor> tensors;
};
PartlyLoadedMachine load_share(const std::string& model, study::Precision precision,
                               const Hardware& hardware, t5::Share share);

// Every rank gives the others the tensors that it owns: all call it with the same list, each with
// its own memory.
void exchange_tensors(const std::vector<t5::SharedTensor>& tensors, workers::Channel& channel);

// What a search in this precision multiplies by, where it is not the network's own weights.
void add_narrow_weights(objective::Machine& machine, study::Precision precision, int threads);

struct LibraryChoice {
  std::string model;               // tokenizer files beside a module must hold its tokens
  std::string library;             // a folder, or a file of published names
  std::vector<std::string> names;  // of the modules, in order
  int rank = 0;                    // 0: as they are; else truncated to it
  int threads = 1;                 // to read with
};
// Reads modules; `kept` holds those already read from this library and rank, by name, and then
// these alone.
using Modules = std::map<std::string, lora::Module>;
std::vector<lora::Module> load_modules(const LibraryChoice& choice, const t5::Config& base,
                                       Modules& kept);

}  // namespace lorahub::run
