#include "serve/catalog.hpp"

#include <filesystem>

#include "base/check.hpp"
#include "checkpoint/hub.hpp"
#include "lora/index.hpp"
#include "lora/library.hpp"
#include "study/single_trial.hpp"

namespace lorahub::serve {
namespace {

const std::string& word(const NamedWords& words, const std::string& name, const std::string& kind) {
  if (name.empty() && words.size() == 1) return words.begin()->second;
  base::check(!name.empty(), "`{}` is not given (there are {}), name one", kind, words.size());
  const auto found = words.find(name);
  if (found != words.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, path] : words) names.push_back(known);
  base::fail("there is no {} '{}', did you mean '{}'?", kind, name, base::nearest(name, names));
}

std::string folder_of(const std::string& word) {
  const study::LibraryPiece piece = study::named_library(word);
  return study::library_path(piece, piece.rank, "--library");
}

bool holds(const std::string& text, const std::string& search) {
  return base::lower(text).find(search) != std::string::npos;
}

// Libraries that are lists of published names have no folder to be looked through.
std::vector<Catalog::ListedModule> listed(const std::string& folder) {
  std::vector<Catalog::ListedModule> modules;
  if (!std::filesystem::is_directory(folder)) {
    for (const std::string& name : lora::module_names(folder)) modules.push_back({.name = name});
    return modules;
  }
  for (const lora::Indexed& one : lora::read_index(folder).modules)
    if (one.problem.empty())
      modules.push_back({.name = one.name,
                         .task = one.card.task,
                         .base = public_name(one.base),
                         .rank = one.rank,
                         .bytes = one.bytes});
  return modules;
}

}  // namespace

Catalog::Catalog(NamedWords models, NamedWords libraries)
    : models_(std::move(models)), libraries_(std::move(libraries)) {
  for (const auto& [name, path] : models_) checkpoint::resolve(study::named_model(path).path);
  for (const auto& [name, path] : libraries_) lora::module_names(folder_of(path));
}

const std::string& Catalog::model(const std::string& name) const {
  return word(models_, name, "model");
}

const std::string& Catalog::library(const std::string& name) const {
  return word(libraries_, name, "library");
}

std::vector<Catalog::ListedModule> Catalog::modules(const std::string& library,
                                                    const std::string& search) const {
  std::vector<ListedModule> modules = listed(folder_of(this->library(library)));
  const std::string wanted = base::lower(search);
  std::erase_if(modules, [&](const ListedModule& one) {
    return !holds(one.name, wanted) && !holds(one.task, wanted);
  });
  return modules;
}

std::string Catalog::folder(const std::string& library) const {
  return folder_of(this->library(library));
}

std::string Catalog::model_name(const std::string& name) const {
  model(name);
  return name.empty() ? models_.begin()->first : name;
}

std::string Catalog::library_name(const std::string& name) const {
  library(name);
  return name.empty() ? libraries_.begin()->first : name;
}

std::vector<std::string> Catalog::names(const std::string& library) const {
  return lora::module_names(folder(library));
}

size_t Catalog::count(const std::string& library) const { return names(library).size(); }

std::string public_name(const std::string& base) {
  return base.starts_with('/') ? std::filesystem::path(base).filename().string() : base;
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
