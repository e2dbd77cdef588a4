#include "lora/indexed.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

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

// nullopt where there is none, and errno says why.
std::optional<std::string> stamp_of_file(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return std::nullopt;
  return base::format("{}@{}.{};", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
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

json card_json(const ModuleCard& card) {
  json object = json::object();
  for (const CardField& field : kCard)
    if (!(card.*field.value).empty()) object[field.key] = card.*field.value;
  for (const SelfTest& test : card.tests)
    object["self_test"].push_back({{"input", test.input},
                                   {"answer", test.answer},
                                   {"target", test.target},
                                   {"max_tokens", test.max_tokens}});
  return object;
}

ModuleCard card_of_json(const json& object) {
  ModuleCard card;
  if (!object.is_object()) return card;
  for (const CardField& field : kCard) card.*field.value = word(object, field.key);
  const json tests = object.value("self_test", json());
  for (const json& test : tests)
    if (test.is_object())
      card.tests.push_back({.input = word(test, "input"),
                            .answer = word(test, "answer"),
                            .target = word(test, "target"),
                            .max_tokens = std::max(1, number<int>(test, "max_tokens"))});
  return card;
}

}  // namespace

std::string stamp_of(const fs::path& folder, std::string* problem) {
  const std::optional<std::string> config = stamp_of_file(folder / kConfigFile);
  if (!config) {
    if (problem != nullptr && errno != ENOENT && errno != ENOTDIR)
      *problem = std::generic_category().message(errno);
    return "";
  }
  std::optional<std::string> weights = stamp_of_file(folder / kWeightsFile);
  if (!weights) weights = "bin " + stamp_of_file(folder / "adapter_model.bin").value_or("-;");
  return *config + *weights + stamp_of_file(folder / kCardFile).value_or("-;");
}

Indexed read_indexed(const fs::path& folder, const std::string& stamp) {
  Indexed entry{.name = folder.filename().string(), .stamp = stamp};
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

std::string json_of(const Indexed& entry) {
  return base::json_text(json{{"base", entry.base},
                              {"rank", entry.rank},
                              {"alpha", entry.alpha},
                              {"targets", entry.targets},
                              {"bytes", entry.bytes},
                              {"sha256", entry.sha256},
                              {"problem", entry.problem},
                              {"card", card_json(entry.card)}});
}

Indexed indexed_of(const std::string& text) {
  const json object = json::parse(base::shallow_json(text), nullptr, false);
  base::check(object.is_object(), "an entry of the index is no JSON object");
  return {.base = word(object, "base"),
          .rank = number<int64_t>(object, "rank"),
          .alpha = number<double>(object, "alpha"),
          .targets = words(object.value("targets", json())),
          .bytes = number<uint64_t>(object, "bytes"),
          .sha256 = word(object, "sha256"),
          .card = card_of_json(object.value("card", json::object())),
          .problem = word(object, "problem")};
}

}  // namespace lorahub::lora
