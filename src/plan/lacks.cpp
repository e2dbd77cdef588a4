#include "plan/lacks.hpp"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/check.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/library.hpp"
#include "model/families.hpp"
#include "objective/load_model.hpp"
#include "plan/trial_inputs.hpp"
#include "tensor/cuda/gpu_memory.hpp"

namespace lorahub::plan {
namespace {

std::string model_lacks(const std::string& model) {
  try {
    const auto folder = checkpoint::resolve(model);
    checkpoint::model_files(folder);
    objective::load_tokenizer(folder, *model::read_architecture(folder));
    return "";
  } catch (const base::Error& error) {
    return error.what();
  }
}

using Named = std::map<std::string, std::set<std::string>>;  // modules by library

// The modules that the trials read, by their library. Error where one has too few.
Named modules_of(const std::vector<study::Trial>& trials) {
  Named named;
  std::set<std::tuple<std::string, int, std::vector<std::string>, uint64_t>> seen;  // draws
  for (const study::Trial& trial : trials) {
    const auto& [count, names] = trial.modules;
    const uint64_t seed = count > 0 ? trial.seed.modules : 0;
    if (!study::uses_modules(trial.method) ||
        !seen.emplace(trial.library_path, count, names, seed).second)
      continue;
    for (const std::string& module : module_names(trial)) named[trial.library_path].insert(module);
  }
  return named;
}

std::string library_lacks(const std::string& library, const std::set<std::string>& modules) {
  size_t missing = 0;
  std::string first;
  for (const std::string& module : modules) {
    try {
      lora::module_folder(library, module);
    } catch (const base::Error& error) {
      if (++missing == 1) first = error.what();
    }
  }
  if (missing == 0) return "";
  return base::format("{} of {} modules of {} are missing, the first: {}", missing, modules.size(),
                      library, first);
}

}  // namespace

std::vector<std::string> lacks(const std::vector<study::Trial>& trials, base::Device device) {
  std::vector<std::string> sentences;
  const auto add = [&](const std::string& sentence) {
    if (!sentence.empty()) sentences.push_back(sentence);
  };
  std::set<std::string> models;
  for (const study::Trial& trial : trials) models.insert(trial.model_path);
  for (const std::string& model : models) add(model_lacks(model));
  try {
    for (const auto& [library, modules] : modules_of(trials)) add(library_lacks(library, modules));
  } catch (const base::Error& error) {
    add(error.what());
  }
  if (device == base::Device::cuda && !tensor::built_with_cuda())
    add("this build has no CUDA (device cuda was asked for), build it with CUDA or use --device "
        "cpu");
  return sentences;
}

}  // namespace lorahub::plan
