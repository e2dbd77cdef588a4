#include "serve/public_modules.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/json_file.hpp"
#include "base/sha256.hpp"
#include "checkpoint/weights.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"
#include "run/receive_module.hpp"

namespace lorahub::serve {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// PEFT imports what auto_mapping names, and looks for the base where base_model_name_or_path says.
std::string public_config(const fs::path& folder) {
  json config =
      json::parse(base::read_json_object(folder / lora::kConfigFile, "copy the adapter again"));
  config.erase("auto_mapping");
  const std::string base = config.value("base_model_name_or_path", "");
  config["base_model_name_or_path"] = public_name(base);
  return base::json_text(config, 2) + "\n";
}

std::string public_card(const std::string& name, const std::string& base) {
  return base::format("---\nbase_model: {}\nlibrary_name: peft\ntags: [lora, lorahub]\n---\n# {}\n",
                      base::json_text(json(base)), base::markdown_text(name));
}

void make_copy(const fs::path& from, const fs::path& to, const std::string& name) {
  const checkpoint::Mapped file = checkpoint::map_weights(lora::weights_file(from));
  fs::create_directories(to);
  checkpoint::write_safetensors(to / lora::kWeightsFile, checkpoint::read_weights(file));
  const std::string config = public_config(from);
  const std::string base = json::parse(config)["base_model_name_or_path"];
  base::write_file(to / lora::kCardFile, public_card(name, base));
  base::write_file(to / lora::kConfigFile, config);  // the last one: the copy is whole
}

// Tells a module that was replaced from the one that was there before.
std::string stamp_of(const fs::path& folder) {
  std::string stamp = folder.string();
  for (const fs::path& file : lora::module_files(folder))
    stamp += base::format(" {} {}", fs::file_size(file),
                          fs::last_write_time(file).time_since_epoch().count());
  return stamp;
}

PublicModule described(const fs::path& folder) {
  PublicModule module;
  std::string all;
  for (const std::string& name : run::taken_files()) {
    const fs::path path = folder / name;
    if (!fs::exists(path)) continue;
    module.files.push_back({.name = name,
                            .path = path,
                            .sha256 = base::sha256_file(path),
                            .bytes = fs::file_size(path)});
    all += module.files.back().sha256;
  }
  module.commit = base::sha256(all).substr(0, kCommitDigits);
  return module;
}

// Whether the folder's own files may go out: of an open library, all of which is for everyone, and
// whose modules were written afresh when they came in.
bool is_safe(const fs::path& folder) {
  return fs::exists(folder / lora::kWeightsFile) && !fs::exists(folder / run::kPickledWeights);
}

}  // namespace

const PublicFile* PublicModule::find(const std::string& name) const {
  const auto found = std::ranges::find(files, name, &PublicFile::name);
  return found == files.end() ? nullptr : &*found;
}

std::optional<PublicModule> PublicModules::find(const std::string& library,
                                                const std::string& name) const {
  const fs::path shelf = catalog_.folder(library);
  if (!catalog_.has(library, name)) return std::nullopt;
  try {
    const fs::path from = lora::module_folder(shelf, name);
    const std::lock_guard lock(mutex_);
    const std::string stamp = stamp_of(from);
    if (const auto found = known_.find(stamp); found != known_.end()) return found->second;
    if (catalog_.is_open(library) && is_safe(from))
      return known_.emplace(stamp, described(from)).first->second;
    const fs::path copy = folder_ / lora::hash_module(from).substr(0, kCommitDigits);
    if (!fs::exists(copy / lora::kConfigFile)) make_copy(from, copy, name);
    return known_.emplace(stamp, described(copy)).first->second;
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

}  // namespace lorahub::serve
