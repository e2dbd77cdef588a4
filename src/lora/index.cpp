#include "lora/index.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/json_file.hpp"
#include "base/nesting.hpp"
#include "lora/library.hpp"
#include "lora/peft.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kVersion = 3;

// Size and time of the last change of what an adapter folder holds.
std::string stamp(const fs::path& folder) {
  std::string text;
  for (const char* name : {kConfigFile, kWeightsFile, "adapter_model.bin", kCardFile}) {
    std::error_code absent;
    const fs::path file = folder / name;
    const auto size = fs::file_size(file, absent);
    if (absent) {
      text += "-;";
      continue;
    }
    const auto time = fs::last_write_time(file, absent).time_since_epoch().count();
    text += base::format("{}@{};", size, time);
  }
  return text;
}

std::string word(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// 0 for what is no number or does not fit.
template <class T>
T number(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return T{};
  const auto value = found->get<double>();
  const bool fits = value >= static_cast<double>(std::numeric_limits<T>::lowest()) &&
                    value < static_cast<double>(std::numeric_limits<T>::max());
  return fits ? static_cast<T>(value) : T{};
}

std::vector<std::string> words(const json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> list;
  if (value.is_array())
    for (const json& item : value)
      if (item.is_string()) list.push_back(item.get<std::string>());
  std::sort(list.begin(), list.end());
  return list;
}

// Reads what can be said without the base; read_module decides whether the base takes the adapter.
void read_settings(const fs::path& folder, Indexed& entry) {
  const json config =
      json::parse(base::read_json_object(folder / kConfigFile, "copy the adapter again"));
  entry.base = word(config, "base_model_name_or_path");
  entry.rank = number<int64_t>(config, "r");
  entry.alpha = number<double>(config, "lora_alpha");
  entry.targets = words(config.value("target_modules", json()));
  entry.bytes = fs::file_size(weights_file(folder));
  entry.sha256 = hash_module(folder);
}

Indexed open(const fs::path& folder, const std::string& stamped) {
  Indexed entry{.name = folder.filename().string(), .stamp = stamped};
  try {
    read_settings(folder, entry);
  } catch (const base::Error& error) {
    entry.problem = error.what();
  } catch (const fs::filesystem_error& error) {
    entry.problem = error.what();
  }
  entry.card = read_card(folder);
  return entry;
}

struct CardField {
  const char* key;
  std::string ModuleCard::*value;
};
constexpr CardField kCard[] = {{"base", &ModuleCard::base},
                               {"task", &ModuleCard::task},
                               {"data", &ModuleCard::data},
                               {"prompt", &ModuleCard::prompt},
                               {"provenance", &ModuleCard::provenance},
                               {"contamination", &ModuleCard::contamination},
                               {"others", &ModuleCard::others},
                               {"problem", &ModuleCard::problem}};

json written(const Indexed& entry) {
  json card = json::object();
  for (const CardField& field : kCard)
    if (!(entry.card.*field.value).empty()) card[field.key] = entry.card.*field.value;
  for (const SelfTest& test : entry.card.tests)
    card["self_test"].push_back({{"input", test.input},
                                 {"answer", test.answer},
                                 {"target", test.target},
                                 {"max_tokens", test.max_tokens}});
  return {{"name", entry.name},       {"base", entry.base},
          {"rank", entry.rank},       {"alpha", entry.alpha},
          {"targets", entry.targets}, {"bytes", entry.bytes},
          {"sha256", entry.sha256},   {"problem", entry.problem},
          {"stamp", entry.stamp},     {"card", card}};
}

Indexed parsed(const json& object) {
  Indexed entry{.name = word(object, "name"),
                .base = word(object, "base"),
                .rank = number<int64_t>(object, "rank"),
                .alpha = number<double>(object, "alpha"),
                .targets = words(object.value("targets", json())),
                .bytes = number<uint64_t>(object, "bytes"),
                .sha256 = word(object, "sha256"),
                .problem = word(object, "problem"),
                .stamp = word(object, "stamp")};
  const json card = object.value("card", json::object());
  if (!card.is_object()) return entry;
  for (const CardField& field : kCard) entry.card.*field.value = word(card, field.key);
  const json tests = card.value("self_test", json());
  for (const json& test : tests)
    if (test.is_object())
      entry.card.tests.push_back({.input = word(test, "input"),
                                  .answer = word(test, "answer"),
                                  .target = word(test, "target"),
                                  .max_tokens = std::max(1, number<int>(test, "max_tokens"))});
  return entry;
}

// By name; empty for no index, one of another version, or a damaged one: it is made again.
std::map<std::string, Indexed> kept(const fs::path& file) {
  std::map<std::string, Indexed> entries;
  std::error_code unreadable;
  if (!fs::is_regular_file(file, unreadable)) return entries;
  const json whole = json::parse(base::shallow_json(base::read_file(file)), nullptr, false);
  if (!whole.is_object() || number<int>(whole, "version") != kVersion) return entries;
  const auto modules = whole.find("modules");
  if (modules == whole.end() || !modules->is_array()) return entries;
  for (const json& object : *modules)
    if (object.is_object()) entries[word(object, "name")] = parsed(object);
  return entries;
}

void write(const fs::path& file, const std::vector<Indexed>& modules) {
  json whole{{"version", kVersion}, {"modules", json::array()}};
  for (const Indexed& entry : modules) whole["modules"].push_back(written(entry));
  try {
    base::write_file(file, base::json_text(whole, 1) + "\n");
  } catch (const base::Error&) {        // a library that may only be read is read anew each time
  } catch (const base::Interrupted&) {  // as is one on a full disk
  }
}

}  // namespace

Index read_index(const fs::path& library) {
  std::error_code unreadable;
  base::check(fs::is_directory(library, unreadable),
              "{}: no such folder, give a folder of PEFT adapters, one folder each",
              library.string());
  const std::map<std::string, Indexed> before = kept(library / kIndexFile);
  Index index;
  for (const std::string& name : adapter_folders(library, &index.left_out)) {
    const auto old = before.find(name);
    const std::string now = stamp(library / name);
    const bool same = old != before.end() && old->second.stamp == now;
    index.modules.push_back(same ? old->second : open(library / name, now));
    index.read += same ? 0 : 1;
  }
  std::ranges::sort(index.modules, {}, &Indexed::name);
  if (index.read > 0 || before.size() != index.modules.size())
    write(library / kIndexFile, index.modules);
  return index;
}

const Indexed& find(const Index& index, const std::string& name) {
  const auto found = std::ranges::find(index.modules, name, &Indexed::name);
  if (found != index.modules.end()) return *found;
  std::vector<std::string> names;
  for (const Indexed& entry : index.modules) names.push_back(entry.name);
  base::check(!names.empty(), "module '{}' is not in this library, which has none, check the path",
              name);
  base::fail("module '{}' is not in this library{}", name,
             base::did_you_mean(name, names, " (lorahub hub list names its modules)"));
}

}  // namespace lorahub::lora
