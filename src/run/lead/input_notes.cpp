#include "run/lead/input_notes.hpp"

#include <map>
#include <set>

#include "checkpoint/hub_cache.hpp"
#include "lora/base_names.hpp"
#include "model/families.hpp"
#include "plan/library_cache.hpp"
#include "study/methods.hpp"
#include "study/trial.hpp"
#include "text/tokenizer_class.hpp"

namespace lorahub::run {

std::vector<std::string> notes(const std::vector<study::Trial>& trials) {
  std::set<std::string> models;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> mixed;  // model, library
  plan::LibraryCache libraries;
  for (const study::Trial& trial : trials) {
    models.insert(trial.model_path);
    if (!study::uses_modules(trial.method)) continue;
    std::set<std::string>& names = mixed[{trial.model_path, trial.library_path}];
    for (const std::string& name : libraries.module_names(trial)) names.insert(name);
  }
  std::vector<std::string> sentences;
  for (const std::string& model : models) {
    const std::filesystem::path folder = checkpoint::resolve(model);
    for (std::string note :
         {model::generation_warning(folder), model::generation_end_warning(folder),
          text::tokenizer_class_warning(folder)})
      if (!note.empty()) sentences.push_back(std::move(note));
  }
  for (const auto& [of, names] : mixed) {
    const auto& [model, library] = of;
    std::string note =
        lora::base_warning(lora::named_bases(library, {names.begin(), names.end()}), model);
    if (!note.empty()) sentences.push_back(std::move(note));
  }
  return sentences;
}

}  // namespace lorahub::run
