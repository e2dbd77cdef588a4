#include "serve/catalog.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/replaced.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"
#include "lora/reserved_names.hpp"
#include "study/single_trial.hpp"

namespace lorahub::serve {
namespace {

namespace fs = std::filesystem;

const std::string& word(const NamedWords& words, const std::string& name, const std::string& kind) {
  if (name.empty() && words.size() == 1) return words.begin()->second;
  base::check(!name.empty(), "`{}` is not given (there are {}), name one", kind, words.size());
  const auto found = words.find(name);
  if (found != words.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, path] : words) names.push_back(known);
  base::fail("there is no {} '{}' (there are: {}){}", kind, name, base::join(names, ", "),
             base::did_you_mean(name, names));
}

std::string folder_of(const std::string& word) {
  const study::LibraryPiece piece = study::named_library(word);
  return study::library_path(piece, piece.rank, "--library");
}

// Of a field that this program does not read itself: a line of YAML.
std::string license_of(const lora::ModuleCard& card) {
  const std::string key = "license: ";
  for (const std::string& line : base::split(card.others, '\n'))
    if (line.starts_with(key)) return base::strip(line.substr(key.size()));
  return "";
}

Catalog::ListedModule listed(const lora::Indexed& one) {
  return {.name = one.name,
          .task = one.card.task,
          .base = public_name(one.base),
          .license = license_of(one.card),
          .sha256 = one.sha256,
          .rank = one.rank,
          .bytes = one.bytes,
          .self_tests = one.card.tests.size()};
}

std::optional<Catalog::ListedModule> listed(const std::optional<lora::Indexed>& one) {
  return one ? std::optional(listed(*one)) : std::nullopt;
}

// An open library may be empty as yet.
void check_open(const std::string& name, const fs::path& folder) {
  base::check(fs::is_directory(folder) && !fs::exists(folder / lora::kListFile),
              "--open-library {}: {} is no folder of modules, or has a list modules.txt (a new "
              "module would not be in it), give a folder without one",
              name, folder.string());
  base::check_writable(folder / "new" / lora::kConfigFile);
}

}  // namespace

Catalog::Catalog(NamedWords models, NamedWords libraries, std::set<std::string> open)
    : models_(std::move(models)), libraries_(std::move(libraries)), open_(std::move(open)) {
  for (const auto& [name, path] : models_) checkpoint::resolve(study::named_model(path).path);
  for (const std::string& name : open_) check_open(name, folder(name));
  for (const auto& [name, path] : libraries_)
    if (!is_open(name)) lora::module_names(folder_of(path));
  for (const auto& [name, path] : libraries_) places_.emplace(folder_of(path), name);
  for (const auto& [name, path] : libraries_) listings_.try_emplace(name, folder_of(path));
  for (const auto& [name, path] : models_) places_.emplace(study::named_model(path).path, name);
}

const std::string& Catalog::model(const std::string& name) const {
  return word(models_, name, "model");
}

const std::string& Catalog::library(const std::string& name) const {
  return word(libraries_, name, "library");
}

std::string Catalog::folder(const std::string& library) const {
  return folder_of(this->library(library));
}

std::string Catalog::by_names(std::string sentence) const {
  for (const auto& [place, name] : places_)
    sentence = base::replaced(without_folder(std::move(sentence), place), place, name);
  return sentence;
}

bool Catalog::has_model(const std::string& name) const {
  try {
    if (!name.empty()) checkpoint::resolve(study::named_model(model(name)).path);
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

bool Catalog::has_modules(const std::string& library) const {
  try {
    return library.empty() || !names(library).empty();
  } catch (const base::Error&) {
    return false;
  }
}

std::string Catalog::model_name(const std::string& name) const {
  model(name);
  return name.empty() ? models_.begin()->first : name;
}

const LibraryListing& Catalog::listing(const std::string& library) const {
  return listings_.at(library_name(library));
}

Catalog::Page Catalog::page(const std::string& library, const lora::IndexQuery& query) const {
  const lora::IndexPage found = listing(library).page(query);
  Page page{.total = found.total};
  for (const lora::Indexed& one : found.modules) page.modules.push_back(listed(one));
  return page;
}

std::optional<Catalog::ListedModule> Catalog::find(const std::string& library,
                                                   const std::string& module) const {
  return listed(listing(library).find(module));
}

size_t Catalog::count(const std::string& library) const { return listing(library).count(); }

std::optional<Catalog::ListedModule> Catalog::look_at(const std::string& library,
                                                      const std::string& module) const {
  return listed(listing(library).look_at(module));
}

bool Catalog::look_on() const {
  bool has_more = false;
  for (const auto& [name, library] : listings_) has_more = library.look_on() || has_more;
  return has_more;
}

void Catalog::check_module(const std::string& library, const std::string& module) const {
  const bool has_list = fs::exists(fs::path(folder(library)) / lora::kListFile);
  if (!has_list && has(library, module)) return;
  const std::vector<std::string> known = names(library);
  base::check(std::ranges::find(known, module) != known.end(), "library '{}' has no module '{}'{}",
              library, module, base::did_you_mean(module, known, ", name one that it has"));
}

std::string Catalog::library_name(const std::string& name) const {
  library(name);
  return name.empty() ? libraries_.begin()->first : name;
}

std::vector<std::string> Catalog::names(const std::string& library) const {
  return lora::module_names(folder(library));
}

std::string public_name(const std::string& base) {
  return base.starts_with('/') ? std::filesystem::path(base).filename().string() : base;
}

std::string shown_word(const std::string& name, const std::string& word) {
  return base::shell_word(word.find('/') == std::string::npos ? word : name);
}

std::string without_folder(std::string sentence, const std::string& folder) {
  const std::string place = folder + "/";
  for (size_t at = 0; (at = sentence.find(place)) != std::string::npos;)
    sentence.erase(at, place.size());
  return sentence;
}

NamedWords words_of(const std::vector<std::string>& options, const std::string& option) {
  NamedWords words;
  for (const std::string& text : options) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const std::string word = equals == std::string::npos ? text : text.substr(equals + 1);
    base::check(!name.empty() && !word.empty() && name.find('/') == std::string::npos,
                "{} {}: expected NAME=PATH with a name without '/', such as {} mini=models/mini",
                option, text, option);
    base::check(words.emplace(name, word).second, "{}: the name '{}' is given twice", option, name);
  }
  return words;
}

}  // namespace lorahub::serve
