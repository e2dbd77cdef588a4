#include "plan/watched_files.hpp"

#include "base/check.hpp"
#include "base/node_memory.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/peft.hpp"
#include "plan/library_cache.hpp"
#include "study/methods.hpp"
#include "study/trial.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::plan {
namespace {

namespace fs = std::filesystem;

std::string identity(const fs::path& file) {
  try {
    return base::file_identity(file);
  } catch (const base::Error&) {
    return "not there";
  }
}

bool is_there(const fs::path& file) {  // a file that can't be looked at is reported when it is read
  std::error_code unreadable;
  return fs::exists(file, unreadable);
}

}  // namespace

std::vector<fs::path> input_files(const study::Trial& trial, LibraryCache& libraries) {
  const fs::path model = checkpoint::resolve(trial.model_path);
  std::vector<fs::path> files = checkpoint::model_files(model);
  for (const std::string& file : text::tokenizer_file_names())
    if (is_there(model / file)) files.push_back(model / file);
  if (study::uses_modules(trial.method))
    for (const std::string& name : libraries.module_names(trial)) {
      const ModuleFiles& module = libraries.files(trial.library_path, name);
      files.insert(files.end(), module.files.begin(), module.files.end());
      if (study::reads_cards(trial) && module.has_card)
        files.push_back(module.folder / lora::kCardFile);
    }
  for (const std::string& rows : {trial.task_files.pool, trial.task_files.test})
    if (is_there(rows)) files.emplace_back(rows);
  return files;
}

WatchedFiles::Set WatchedFiles::add(const std::vector<fs::path>& files) {
  Set set;
  for (const fs::path& file : files) {
    const auto [place, fresh] =
        places_.emplace(file.string(), static_cast<uint32_t>(files_.size()));
    if (fresh) files_.push_back({.path = file, .identity = identity(file)});
    set.push_back(place->second);
  }
  return set;
}

void WatchedFiles::check(const Set& files) const {
  for (const uint32_t place : files) {
    const File& file = files_.at(place);
    if (file.identity == identity(file.path)) continue;
    throw base::Interrupted(base::format(
        "{} changed while the study ran (what was computed with it is not recorded, since it may "
        "be of the old or the new content), restore the file and run the same command to go on, or "
        "give another --out for the new one",
        file.path.string()));
  }
}

}  // namespace lorahub::plan
