#include "lora/adapter_config.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"
#include "lora/peft.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr size_t kLongestPattern = 2000;  // characters: nesting is followed by recursion
constexpr double kLargestRank = 1e6;

// The module being read, for messages.
struct Subject {
  const std::string& name;
  std::string file;
};

struct Refusal {
  const char* key;
  const char* reason;
};
constexpr Refusal kRefused[] = {
    {"use_dora", "the length of every column then depends on the whole mixture"},
    {"modules_to_save", "it replaces whole layers of the base model"},
    {"layer_replication", "it changes the depth of the base model"},
    {"megatron_config", "its layers are split over devices"},
    {"trainable_token_indices", "it replaces rows of the embedding"},
    {"target_parameters", "it adapts parameters outside linear layers"},
    {"alora_invocation_tokens", "it acts on a part of each sequence only"},
    {"arrow_config", "it routes every token to other modules"},
    {"use_qalora", "it pools the inputs by groups"},
    {"use_bdlora", "its factors are block-diagonal"},
    {"kasa_config", "it changes the weights of the base model"},
    {"monteclora_config", "its factors are random"},
    {"velora_config", "it is not known to leave the numbers alone"},
    {"lora_bias", "it adds a bias that no mixture has"},
    {"loftq_config", "it changes the weights of the base model"},
};

// Read here, or without a part in the forward pass of a T5 (PEFT itself turns fan_in_fan_out off
// for the linear layers of T5).
constexpr const char* kKnown[] = {"alpha_pattern",
                                  "auto_mapping",
                                  "base_model_name_or_path",
                                  "bias",
                                  "corda_config",
                                  "ensure_weight_tying",
                                  "eva_config",
                                  "exclude_modules",
                                  "fan_in_fan_out",
                                  "inference_mode",
                                  "init_lora_weights",
                                  "layers_pattern",
                                  "layers_to_transform",
                                  "lora_alpha",
                                  "lora_dropout",
                                  "lora_ga_config",
                                  "megatron_core",
                                  "merge_weights",
                                  "modules_to_tie",
                                  "peft_type",
                                  "peft_version",
                                  "qalora_group_size",
                                  "r",
                                  "rank_pattern",
                                  "revision",
                                  "runtime_config",
                                  "target_modules",
                                  "task_type",
                                  "use_rslora"};

json parse(const Subject& subject) {
  try {
    json config = json::parse(base::shallow_json(base::read_file(subject.file)));
    base::check(config.is_object(), "{}: is not a JSON object, write the adapter again",
                subject.file);
    return config;
  } catch (const json::parse_error& error) {
    base::fail("{}: is not JSON (byte {}), copy the adapter again", subject.file, error.byte);
  } catch (const json::exception& error) {  // a number beyond the range of double, say
    base::fail("{}: can't be read ({}), copy the adapter again", subject.file, error.what());
  }
}

// null, false, 0, "", [] and {} are how PEFT writes "not used".
bool used(const json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  return !value.empty() && !(value.is_string() && value.get<std::string>().empty());
}
json get(const json& config, const char* key) {
  const auto found = config.find(key);
  return found == config.end() ? json() : *found;
}

[[noreturn]] void refuse(const Subject& subject, const std::string& key, const json& value,
                         const char* reason) {
  base::fail("{}: module '{}' has {} = {} ({}), use a plain LoRA adapter", subject.file,
             subject.name, key, value.dump(-1, ' ', false, json::error_handler_t::replace), reason);
}

void check_kind(const Subject& subject, const json& config) {
  base::check(get(config, "peft_type") == "LORA",
              "{}: module '{}' has peft_type {} (only LoRA modules can be mixed), "
              "use an adapter of type LORA",
              subject.file, subject.name, get(config, "peft_type").dump());
  for (const auto& [key, reason] : kRefused)
    if (used(get(config, key))) refuse(subject, key, config[key], reason);
  for (const auto& [key, value] : config.items())
    if (used(value) && std::ranges::find(kKnown, key) == std::end(kKnown))
      refuse(subject, key, value, "a setting that is not known here may change the numbers");
}

void check_start(const Subject& subject, const json& config) {
  // T5's linear layers have no bias, so lora_only adds none; all trains the position biases too.
  const json bias = get(config, "bias");
  if (used(bias) && bias != "none" && bias != "lora_only")
    refuse(subject, "bias", bias, "it replaces the base model's position biases");
  const json init = get(config, "init_lora_weights");
  if (!init.is_string()) return;
  for (const char* harmless : {"gaussian", "eva", "orthogonal"})
    if (init == harmless) return;
  refuse(subject, "init_lora_weights", init,
         "it changes the weights of the base model, to which the adapter is then relative");
}

double positive(const Subject& subject, const std::string& key, const json& value) {
  base::check(value.is_number() && value.get<double>() > 0 && std::isfinite(value.get<double>()),
              "{}: module '{}' has {} = {} (a positive number is needed), copy the adapter again",
              subject.file, subject.name, key, value.dump());
  return value.get<double>();
}

int64_t whole(const Subject& subject, const std::string& key, const json& value) {
  const double number = positive(subject, key, value);
  base::check(number == std::floor(number) && number <= kLargestRank,
              "{}: module '{}' has {} = {} (a whole number is needed), copy the adapter again",
              subject.file, subject.name, key, value.dump());
  return static_cast<int64_t>(number);
}

// A regular expression of the file; matched in time that grows with the text alone.
std::regex expression(const Subject& subject, const std::string& key, const std::string& pattern) {
  try {
    if (pattern.size() <= kLongestPattern)
      return std::regex(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial);
  } catch (const std::regex_error&) {  // reported below
  }
  base::fail(
      "{}: module '{}' has {} '{}', which is no regular expression that can be read here, list "
      "the layers instead",
      subject.file, subject.name, key, pattern.substr(0, 80));
}

// A whole name, or its last parts.
bool names(const std::string& name, const std::string& layer) {
  return layer == name || layer.ends_with("." + name);
}

// Layers named by a list or by a regular expression for the whole name.
class Names {
 public:
  Names(const Subject& subject, const std::string& key, const json& value) {
    if (value.is_string()) {
      pattern_ = expression(subject, key, value.get<std::string>());
      return;
    }
    for (const json& name : value) {
      base::check(name.is_string(),
                  "{}: module '{}' has {} {} (a list of layer names or a regular expression is "
                  "needed), copy the adapter again",
                  subject.file, subject.name, key, value.dump());
      names_.push_back(name.get<std::string>());
    }
  }
  bool contain(const std::string& layer) const {
    if (pattern_) return std::regex_match(layer, *pattern_);
    return std::ranges::any_of(names_, [&](const std::string& name) { return names(name, layer); });
  }

 private:
  std::optional<std::regex> pattern_;
  std::vector<std::string> names_;
};

// "all-linear" leaves the head out, as PEFT does.
std::set<int> targets(const Subject& subject, const json& config,
                      const std::vector<t5::LinearInfo>& linears) {
  const json value = get(config, "target_modules");
  base::check((value.is_array() && !value.empty()) || value.is_string(),
              "{}: module '{}' has target_modules {} (a list of layer names or a regular "
              "expression is needed), copy the adapter again",
              subject.file, subject.name, value.dump());
  const bool all = value == "all-linear";
  const Names named(subject, "target_modules", all ? json::array() : value);
  const json left = get(config, "exclude_modules");
  const Names excluded(subject, "exclude_modules", used(left) ? left : json::array());
  std::set<int> slots;
  for (size_t slot = 0; slot < linears.size(); ++slot) {
    const std::string& name = linears[slot].name;
    const bool hit = all ? name != t5::kHead : named.contain(name);
    if (hit && !excluded.contain(name)) slots.insert(static_cast<int>(slot));
  }
  base::check(!slots.empty(),
              "{}: module '{}' has target_modules {}, which name no linear layer of the base model "
              "(was it trained on another model?), choose a module made for this base",
              subject.file, subject.name, value.dump());
  return slots;
}

// rank_pattern and alpha_pattern: {regular expression for the end of a name: value}. The first one
// that fits counts in training, but PEFT sorts them when it saves: where two fit, they must agree.
class Pattern {
 public:
  Pattern(const Subject& subject, std::string key, const json& value)
      : subject_(subject), key_(std::move(key)) {
    if (!used(value)) return;
    base::check(value.is_object(),
                "{}: module '{}' has {} = {} (an object with a number for each layer is needed), "
                "copy the adapter again",
                subject.file, subject.name, key_, value.dump());
    for (const auto& [end, number] : value.items()) {
      Entry entry{.name = end, .pattern = {}, .value = positive(subject, key_, number)};
      if (!is_plain(end))
        entry.pattern = expression(subject, key_, base::format(R"((?:.*\.)?(?:{}))", end));
      entries_.push_back(std::move(entry));
    }
  }
  double of(const std::string& layer, double otherwise) const {
    const Entry* fits = nullptr;
    for (const Entry& entry : entries_) {
      if (entry.pattern ? !std::regex_match(layer, *entry.pattern) : !names(entry.name, layer))
        continue;
      base::check(
          fits == nullptr || fits->value == entry.value,
          "{}: module '{}': '{}' and '{}' of {} both fit {} (PEFT sorts them when it saves, "
          "so which one was meant can't be told), leave one of them",
          subject_.file, subject_.name, fits == nullptr ? "" : fits->name, entry.name, key_, layer);
      fits = &entry;
    }
    return fits == nullptr ? otherwise : fits->value;
  }

 private:
  struct Entry {
    std::string name;
    std::optional<std::regex> pattern;  // none for a plain name
    double value = 0;
  };
  static bool is_plain(const std::string& name) {
    return std::ranges::all_of(
        name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; });
  }
  const Subject& subject_;
  std::string key_;
  std::vector<Entry> entries_;
};

}  // namespace

AdapterConfig read_adapter_config(const fs::path& folder, const std::string& name,
                                  const std::vector<t5::LinearInfo>& linears) {
  const Subject subject{.name = name, .file = (folder / kConfigFile).string()};
  const json config = parse(subject);
  check_kind(subject, config);
  check_start(subject, config);
  AdapterConfig result;
  result.rank = whole(subject, "r", get(config, "r"));
  result.alpha = positive(subject, "lora_alpha", get(config, "lora_alpha"));
  const Pattern ranks(subject, "rank_pattern", get(config, "rank_pattern"));
  const Pattern alphas(subject, "alpha_pattern", get(config, "alpha_pattern"));
  const bool stable = used(get(config, "use_rslora"));
  for (const int slot : targets(subject, config, linears)) {
    const std::string& layer = linears[static_cast<size_t>(slot)].name;
    const double rank = ranks.of(layer, static_cast<double>(result.rank));
    result.places[slot] = {
        .rank = whole(subject, "rank_pattern", rank),
        .scaling = alphas.of(layer, result.alpha) / (stable ? std::sqrt(rank) : rank)};
    if (layer == t5::kHead && used(get(config, "ensure_weight_tying")))
      refuse(subject, "ensure_weight_tying", true, "it adapts the embedding with the head");
  }
  result.some_layers = used(get(config, "layers_to_transform")) ||
                       get(config, "layers_to_transform").is_number();  // layer 0
  const json base_name = get(config, "base_model_name_or_path");
  if (base_name.is_string()) result.base = base_name.get<std::string>();
  const json named = get(config, "target_modules");
  if (named.is_string())
    result.targets = {named.get<std::string>()};
  else
    result.targets = named.get<std::vector<std::string>>();
  return result;
}

}  // namespace lorahub::lora
