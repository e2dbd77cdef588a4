#include "plan/input_hashes.hpp"

#include "base/check.hpp"
#include "base/cores.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"
#include "study/methods.hpp"
#include "study/trial.hpp"
#include "task/task.hpp"
#include "tensor/threads.hpp"
#include "text/tokenizer_inputs.hpp"

namespace lorahub::plan {

namespace {

struct Hashed {
  std::string name;
  std::filesystem::path path;
  std::string (*hash)(const std::filesystem::path&);
};

// Returns hashes by name. Files that are not in `cache` are hashed by all cores of this process,
// since they may have many GB.
store::Inputs hash_all(const std::vector<Hashed>& all, std::map<std::string, std::string>& cache) {
  std::vector<std::pair<const Hashed*, std::string>> fresh;
  for (const Hashed& one : all)
    if (!cache.contains(one.path.string())) fresh.emplace_back(&one, "");
  tensor::share(base::usable_cores(), static_cast<int>(fresh.size()), [&](int i) {
    auto& [one, hash] = fresh[static_cast<size_t>(i)];
    hash = one->hash(one->path);
  });
  for (const auto& [one, hash] : fresh) cache.emplace(one->path.string(), hash);
  store::Inputs inputs;
  for (const Hashed& one : all) inputs[one.name] = cache.at(one.path.string());
  return inputs;
}

// What the trial computes with.
std::vector<Hashed> hashed_files(const study::Trial& trial, LibraryCache& libraries) {
  std::vector<Hashed> hashed;
  const auto model = checkpoint::resolve(trial.model_path);
  hashed.push_back({"model", model, checkpoint::hash_model});
  for (const std::string& file : text::tokenizer_inputs(model))
    hashed.push_back({file, model / file, base::sha256_file});
  if (study::uses_modules(trial.method))
    for (const std::string& name : libraries.module_names(trial)) {
      const ModuleFiles& module = libraries.files(trial.library_path, name);
      hashed.push_back({"module " + name, module.folder, lora::hash_module});
      if (study::reads_cards(trial) && module.has_card)
        hashed.push_back({"card " + name, module.folder / lora::kCardFile, base::sha256_file});
    }
  if (study::measures_candidates(trial.method) && trial.loss == study::LossKind::ask)
    for (const std::string& word : base::split(trial.loss_program, ' '))
      if (std::filesystem::is_regular_file(word))
        hashed.push_back({"loss.program " + word, word, base::sha256_file});
  return hashed;
}

}  // namespace

std::vector<std::filesystem::path> hashed_paths(const study::Trial& trial, InputCache& cache) {
  std::vector<std::filesystem::path> paths;
  for (const Hashed& one : hashed_files(trial, cache.libraries)) paths.push_back(one.path);
  return paths;
}

store::Inputs file_inputs(const study::Trial& trial, InputCache& cache) {
  return hash_all(hashed_files(trial, cache.libraries), cache.hashes);
}

store::Inputs inputs(const study::Trial& trial, InputCache& cache) {
  store::Inputs inputs = file_inputs(trial, cache);
  const task::Task task = task::load(trial);
  base::check(!task.test.empty(),
              "task '{}': all of its {} rows are shots (nothing is left to answer), add rows or "
              "take fewer shots",
              trial.task, task.shots.size());
  if (study::uses_shots(trial.method) || study::retrieves_by_shots(trial))
    inputs["shots"] = task.shots_sha256;
  inputs["test"] = task.test_sha256;
  const study::TaskFiles& files = trial.task_files;
  for (const auto& [name, hash] :
       hash_all({{"pool file", files.pool, base::sha256_file},
                 {"test file", files.test.empty() ? files.pool : files.test, base::sha256_file}},
                cache.hashes))
    inputs[name] = hash;
  return inputs;
}

}  // namespace lorahub::plan
