#include "lora/adapter_config.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/check.hpp"
#include "base/json_file.hpp"
#include "base/text.hpp"
#include "lora/adapter_settings.hpp"
#include "lora/peft.hpp"
#include "lora/python_regex.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;
using ConfigJson =
    nlohmann::ordered_json;  // of two patterns that fit a layer, the file's first one counts

namespace {

constexpr double kLargestRank = 1e6;

// The module being read, for messages.
struct ConfigSubject {
  const std::string& name;
  std::string file;
};

// null, false, 0, "", [] and {} are how PEFT writes "not used".
bool used(const ConfigJson& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  return !value.empty() && !(value.is_string() && value.get<std::string>().empty());
}
ConfigJson get(const ConfigJson& config, const char* key) {
  const auto found = config.find(key);
  return found == config.end() ? ConfigJson() : *found;
}

[[noreturn]] void refuse(const ConfigSubject& subject, const std::string& key,
                         const ConfigJson& value, const std::string& reason) {
  base::fail("{}: module '{}' has {} = {} ({}), use a plain LoRA adapter", subject.file,
             subject.name, key, value.dump(-1, ' ', false, ConfigJson::error_handler_t::replace),
             reason);
}

void check_kind(const ConfigSubject& subject, const ConfigJson& config) {
  base::check(get(config, "peft_type") == "LORA",
              "{}: module '{}' has peft_type {} (only LoRA modules can be mixed), "
              "use an adapter of type LORA",
              subject.file, subject.name, get(config, "peft_type").dump());
  for (const auto& [key, reason] : kRefusedSettings)
    if (used(get(config, key))) refuse(subject, key, config.at(key), reason);
  for (const auto& [key, value] : config.items())
    if (used(value) && std::ranges::find(kKnownSettings, key) == std::end(kKnownSettings))
      refuse(subject, key, value, "a setting that is not known here may change the numbers");
}

void check_start(const ConfigSubject& subject, const ConfigJson& config) {
  const ConfigJson bias = get(config, "bias");  // the biases are in the weights
  if (used(bias) && bias != "none" && bias != "lora_only" && bias != "all")
    refuse(subject, "bias", bias, "a kind of bias that is not known here may change the numbers");
  const ConfigJson init = get(config, "init_lora_weights");
  if (!init.is_string()) return;
  for (const char* harmless : {"gaussian", "eva", "orthogonal", "mica"})
    if (init == harmless) return;
  refuse(subject, "init_lora_weights", init,
         "it changes the weights of the base model, to which the adapter is then relative");
}

double positive(const ConfigSubject& subject, const std::string& key, const ConfigJson& value) {
  using f32 = std::numeric_limits<float>;  // factors are scaled in these numbers
  base::check(value.is_number() && value >= f32::min() && value <= f32::max(),
              "{}: module '{}' has {} = {} (a positive number of f32 is needed), copy the adapter "
              "again",
              subject.file, subject.name, key, value.dump());
  return value.get<double>();
}

int64_t whole(const ConfigSubject& subject, const std::string& key, const ConfigJson& value) {
  const double number = positive(subject, key, value);
  base::check(number == std::floor(number) && number <= kLargestRank,
              "{}: module '{}' has {} = {} (a whole number is needed), copy the adapter again",
              subject.file, subject.name, key, value.dump());
  return static_cast<int64_t>(number);
}

// A regular expression of the file.
std::regex expression(const ConfigSubject& subject, const std::string& key,
                      const std::string& pattern) {
  try {
    return python_regex(pattern);
  } catch (const base::Error& error) {
    base::fail(
        "{}: module '{}' has {} '{}', which is no regular expression that can be read here ({}), "
        "list the layers instead",
        subject.file, subject.name, key, pattern.substr(0, 80), error.what());
  }
}

// A whole name, or its last parts.
bool names(const std::string& name, const std::string& layer) {
  return layer == name || layer.ends_with("." + name);
}

// Layers named by a list or by a regular expression for the whole name.
class LayerNames {
 public:
  LayerNames(const ConfigSubject& subject, const std::string& key, const ConfigJson& value) {
    if (value.is_string()) {
      pattern_ = expression(subject, key, value.get<std::string>());
      return;
    }
    for (const ConfigJson& name : value) {
      base::check(name.is_string(),
                  "{}: module '{}' has {} {} (a list of layer names or a regular expression is "
                  "needed), copy the adapter again",
                  subject.file, subject.name, key, value.dump());
      names_.push_back(name.get<std::string>());
    }
  }
  // Whether a list holds the whole name.
  bool list(const std::string& layer) const {
    return std::ranges::find(names_, layer) != names_.end();
  }
  bool contain(const std::string& layer) const {
    if (pattern_) return std::regex_match(layer, *pattern_);
    return std::ranges::any_of(names_, [&](const std::string& name) { return names(name, layer); });
  }

 private:
  std::optional<std::regex> pattern_;
  std::vector<std::string> names_;
};

// layers_to_transform: those of the layers in a list of target_modules whose first numbered part
// (behind a part that layers_pattern names, where it names some) is one of these.
class Depths {
 public:
  Depths(const ConfigSubject& subject, const ConfigJson& config) {
    const ConfigJson depths = get(config, "layers_to_transform"),
                     parts = get(config, "layers_pattern");
    if (depths.is_null() && !used(parts)) return;
    for (const char* key : {"layers_to_transform", "layers_pattern"})
      base::check(get(config, key).is_null() || !get(config, "target_modules").is_string(),
                  "{}: module '{}' has {} beside a regular expression in target_modules (PEFT does "
                  "not load that), name the layers in one of them",
                  subject.file, subject.name, key);
    base::check(!depths.is_null(),
                "{}: module '{}' has layers_pattern without layers_to_transform (PEFT does not "
                "load that), name the layers in both",
                subject.file, subject.name);
    for (const ConfigJson& depth : depths.is_array() ? depths : ConfigJson::array({depths})) {
      base::check(depth.is_number_integer(),
                  "{}: module '{}' has layers_to_transform = {} (whole numbers are needed), copy "
                  "the adapter again",
                  subject.file, subject.name, depths.dump());
      depths_.insert(depth.is_number_unsigned() && depth.get<uint64_t>() > INT64_MAX
                         ? -1
                         : depth.get<int64_t>());
    }
    chosen_ = !depths_.empty();
    if (!used(parts)) return;
    for (const ConfigJson& part : parts.is_array() ? parts : ConfigJson::array({parts})) {
      base::check(part.is_string() && is_plain(part.get<std::string>()),
                  "{}: module '{}' has layers_pattern = {} (names such as \"block\" can be read "
                  "here), name the layers in target_modules",
                  subject.file, subject.name, parts.dump());
      parts_.push_back(part.get<std::string>());
    }
  }

  bool contain(const std::string& layer) const {
    if (!chosen_) return true;
    const auto depth = depth_of(base::split(layer, '.'));
    return depth && depths_.contains(*depth);
  }

 private:
  static bool is_plain(const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
  }
  static std::optional<int64_t> number(const std::string& part) {
    const bool digits = !part.empty() && part.size() < 10 &&
                        std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    return digits ? std::optional<int64_t>(std::stoll(part)) : std::nullopt;
  }
  // PEFT's .*?\.[^.]*\.(\d+)\. and, with names, (?:^|.*?\.)NAME\.(\d+)\. of the first that fits.
  std::optional<int64_t> depth_of(const std::vector<std::string>& parts) const {
    if (parts_.empty()) return after(parts, 2, "");
    for (const std::string& name : parts_)
      if (const auto depth = after(parts, 1, name)) return depth;
    return std::nullopt;
  }
  static std::optional<int64_t> after(const std::vector<std::string>& parts, size_t first,
                                      const std::string& name) {
    for (size_t i = first; i + 1 < parts.size(); ++i)
      if (name.empty() || parts[i - 1] == name)
        if (const auto depth = number(parts[i])) return depth;
    return std::nullopt;
  }

  bool chosen_ = false;
  std::set<int64_t> depths_;
  std::vector<std::string> parts_;
};

// modules_to_save: the layers that were saved whole, and what is inside them. PEFT adapts none.
class Saved {
 public:
  Saved(const ConfigSubject& subject, const ConfigJson& value) {
    if (!used(value)) return;
    base::check(
        value.is_array() && std::ranges::all_of(value, &ConfigJson::is_string),
        "{}: module '{}' has modules_to_save {} (a list of layer names is needed), copy the "
        "adapter again",
        subject.file, subject.name, value.dump());
    names = value.get<std::vector<std::string>>();
    for (const std::string& name : names) {
      base::check(
          !name.empty(),
          "{}: module '{}' has an empty name among its modules_to_save (it would mean every "
          "layer, and PEFT refuses that), take it out",
          subject.file, subject.name);
      expression(subject, "modules_to_save", name);  // alone, for what its message says
      patterns_.push_back(
          expression(subject, "modules_to_save", R"((.*\.)?)" + name + R"(($|\..*))"));
    }
  }
  bool contain(const std::string& layer) const {
    return std::ranges::any_of(patterns_, [&](const std::regex& pattern) {
      return std::regex_search(layer, pattern, std::regex_constants::match_continuous);
    });
  }
  std::vector<std::string> names;

 private:
  std::vector<std::regex> patterns_;
};

// " of google/flan-t5-large"; "" where it is not said.
std::string trained_on(const ConfigJson& config) {
  const ConfigJson base = get(config, "base_model_name_or_path");
  return used(base) && base.is_string() ? " of " + base.get<std::string>() : "";
}

std::string at_depths(const ConfigJson& config) {
  const ConfigJson depths = get(config, "layers_to_transform");
  return used(depths) ? " of the layers_to_transform " + depths.dump() : "";
}

// "all-linear" leaves the head out, as PEFT does.
std::set<int> targets(const ConfigSubject& subject, const ConfigJson& config,
                      const std::vector<model::LinearInfo>& linears, const Saved& saved) {
  const ConfigJson value = get(config, "target_modules");
  base::check((value.is_array() && !value.empty()) || value.is_string(),
              "{}: module '{}' has target_modules {} (a list of layer names or a regular "
              "expression is needed), copy the adapter again",
              subject.file, subject.name, value.dump());
  const bool all = value.is_string() && base::lower(value.get<std::string>()) == "all-linear";
  const LayerNames named(subject, "target_modules", all ? ConfigJson::array() : value);
  const ConfigJson left = get(config, "exclude_modules");
  const LayerNames excluded(subject, "exclude_modules", used(left) ? left : ConfigJson::array());
  const Depths depths(subject, config);
  std::set<int> slots;
  for (size_t slot = 0; slot < linears.size(); ++slot) {
    const std::string& name = linears[slot].name;
    const bool hit = all ? name != model::kHead
                         : named.list(name) || (named.contain(name) && depths.contain(name));
    if (hit && !excluded.contain(name) && !saved.contain(name))
      slots.insert(static_cast<int>(slot));
  }
  base::check(!slots.empty(),
              "{}: module '{}'{} has target_modules {}{}, which name no linear layer of the base "
              "model (its layers are named {}: was the module trained on another model, "
              "of another family?), choose a module made for this base",
              subject.file, subject.name, trained_on(config), value.dump(), at_depths(config),
              layer_words(linears));
  return slots;
}

// rank_pattern and alpha_pattern: {regular expression for the end of a name: value}; the first that
// fits counts, as PEFT reads the file.
class Pattern {
 public:
  Pattern(const ConfigSubject& subject, const std::string& key, const ConfigJson& value) {
    if (!used(value)) return;
    base::check(value.is_object(),
                "{}: module '{}' has {} = {} (an object with a number for each layer is needed), "
                "copy the adapter again",
                subject.file, subject.name, key, value.dump());
    for (const auto& [end, number] : value.items()) {
      expression(subject, key, end);  // alone, for what its message says
      entries_.push_back({.pattern = expression(subject, key, R"((.*\.)?()" + end + ")$"),
                          .value = positive(subject, key, number)});
    }
  }
  double of(const std::string& layer, double otherwise) const {
    for (const auto& [pattern, value] : entries_)
      if (std::regex_search(layer, pattern, std::regex_constants::match_continuous)) return value;
    return otherwise;
  }

 private:
  struct Entry {
    std::regex pattern;  // from the beginning of a name, as Python's re.match
    double value = 0;
  };
  std::vector<Entry> entries_;
};

}  // namespace

std::string layer_words(const std::vector<model::LinearInfo>& linears) {
  std::set<std::string> words;
  for (const model::LinearInfo& linear : linears)
    words.insert(linear.name.substr(linear.name.rfind('.') + 1));
  return base::join({words.begin(), words.end()}, ", ");
}

AdapterConfig read_adapter_config(const fs::path& folder, const std::string& name,
                                  const model::Architecture& architecture) {
  const std::vector<model::LinearInfo>& linears = architecture.linears();
  const ConfigSubject subject{.name = name, .file = (folder / kConfigFile).string()};
  const ConfigJson config =
      ConfigJson::parse(base::read_json_object(subject.file, "copy the adapter again"));
  check_kind(subject, config);
  check_start(subject, config);
  AdapterConfig result;
  result.rank = whole(subject, "r", get(config, "r"));
  result.alpha = positive(subject, "lora_alpha", get(config, "lora_alpha"));
  const Pattern ranks(subject, "rank_pattern", get(config, "rank_pattern"));
  const Pattern alphas(subject, "alpha_pattern", get(config, "alpha_pattern"));
  result.is_dora = used(get(config, "use_dora"));
  const bool stable = used(get(config, "use_rslora"));
  const Saved saved(subject, get(config, "modules_to_save"));
  result.saved = saved.names;
  for (const int slot : targets(subject, config, linears, saved)) {
    const std::string& layer = linears[static_cast<size_t>(slot)].name;
    const double rank = ranks.of(layer, static_cast<double>(result.rank));
    result.places[slot] = {
        .rank = whole(subject, "rank_pattern", rank),
        .scaling = alphas.of(layer, result.alpha) / (stable ? std::sqrt(rank) : rank)};
    if (layer == model::kHead && used(get(config, "ensure_weight_tying")))
      refuse(subject, "ensure_weight_tying", true, "it adapts the embedding with the head");
  }
  const ConfigJson base_name = get(config, "base_model_name_or_path");
  if (base_name.is_string()) result.base = base_name.get<std::string>();
  const ConfigJson named = get(config, "target_modules");
  if (named.is_string())
    result.targets = {named.get<std::string>()};
  else
    result.targets = named.get<std::vector<std::string>>();
  return result;
}

}  // namespace lorahub::lora
