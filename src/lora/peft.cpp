#include "lora/peft.hpp"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "lora/library.hpp"
#include "t5/weights.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::string_view kPrefix = "base_model.model.";

// The module being read, for messages.
struct Subject {
  const std::string& name;
  const fs::path& folder;
  std::string config() const { return (folder / kConfigFile).string(); }
};

json parse_config(const Subject& subject) {
  try {
    json config = json::parse(base::read_file(subject.config()));
    base::check(config.is_object(), "{}: is not a JSON object, write the adapter again",
                subject.config());
    return config;
  } catch (const json::parse_error& error) {
    base::fail("{}: is not JSON (byte {}), copy the adapter again", subject.config(), error.byte);
  } catch (const json::exception& error) {  // a number beyond the range of double, say
    base::fail("{}: can't be read ({}), copy the adapter again", subject.config(), error.what());
  }
}

// null, false, 0, "", [] and {} are how PEFT writes "not used".
bool used(const json& config, const std::string& key) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return false;
  if (found->is_boolean()) return found->get<bool>();
  if (found->is_number()) return found->get<double>() != 0;
  return !found->empty() && !(found->is_string() && found->get<std::string>().empty());
}

void refuse(const Subject& subject, const std::string& key, const json& value) {
  base::fail(
      "{}: module '{}' has {} = {} (it would change the numbers and is not supported), "
      "use a plain LoRA adapter",
      subject.config(), subject.name, key, value.dump());
}

// What else PEFT can put into an adapter, that the low-rank sum would leave out.
void check_plain(const Subject& subject, const json& config) {
  base::check(config.value("peft_type", json()) == "LORA",
              "{}: module '{}' has peft_type {} (only LoRA modules can be mixed), "
              "use an adapter of type LORA",
              subject.config(), subject.name, config.value("peft_type", json()).dump());
  for (const char* key :
       {"use_rslora", "use_dora", "modules_to_save", "rank_pattern", "alpha_pattern",
        "fan_in_fan_out", "layers_to_transform", "layer_replication", "use_qalora", "lora_bias",
        "trainable_token_indices", "target_parameters", "exclude_modules", "use_bdlora",
        "alora_invocation_tokens", "arrow_config", "kasa_config", "monteclora_config",
        "velora_config"})
    if (used(config, key)) refuse(subject, key, config[key]);
  if (used(config, "bias") && config["bias"] != "none") refuse(subject, "bias", config["bias"]);
  const json init = config.value("init_lora_weights", json(true));
  if (!init.is_string()) return;
  for (const char* harmless : {"gaussian", "eva", "orthogonal"})
    if (init == harmless) return;
  refuse(subject, "init_lora_weights", init);  // pissa, olora, ...: they change the base's weights
}

double number(const Subject& subject, const json& config, const std::string& key) {
  const json value = config.value(key, json());
  base::check(value.is_number() && value.get<double>() > 0 && std::isfinite(value.get<double>()),
              "{}: module '{}' has {} = {} (a positive number is needed), copy the adapter again",
              subject.config(), subject.name, key, value.dump());
  return value.get<double>();
}

std::regex target_pattern(const Subject& subject, const std::string& pattern) {
  try {
    return std::regex(pattern);
  } catch (const std::regex_error&) {
    base::fail(
        "{}: module '{}' has target_modules '{}', which is no regular expression, "
        "list the layers instead",
        subject.config(), subject.name, pattern);
  }
}

bool ends_with_part(const std::string& name, const std::string& target) {
  return name == target || name.ends_with("." + target);
}

// The layers that target_modules names, as PEFT reads it: whole names or their last parts, or a
// regular expression for the whole name, or "all-linear".
std::set<int> targets(const Subject& subject, const json& config,
                      const std::vector<t5::LinearInfo>& linears) {
  const json value = config.value("target_modules", json());
  const bool list = value.is_array() && !value.empty() &&
                    std::all_of(value.begin(), value.end(), [](auto& v) { return v.is_string(); });
  base::check(list || value.is_string(),
              "{}: module '{}' has target_modules {} (a list of layer names or a regular "
              "expression is needed), copy the adapter again",
              subject.config(), subject.name, value.dump());
  std::optional<std::regex> pattern;
  if (value.is_string() && value != "all-linear")
    pattern = target_pattern(subject, value.get<std::string>());
  std::set<int> slots;
  for (size_t slot = 0; slot < linears.size(); ++slot) {
    const std::string& name = linears[slot].name;
    bool hit = value == "all-linear" || (pattern && std::regex_match(name, *pattern));
    if (list)
      for (const json& target : value) hit = hit || ends_with_part(name, target.get<std::string>());
    if (hit) slots.insert(static_cast<int>(slot));
  }
  base::check(!slots.empty(),
              "{}: module '{}' has target_modules {}, which name no linear layer of the base model "
              "(was it trained on another model?), choose a module made for this base",
              subject.config(), subject.name, value.dump());
  return slots;
}

// "base_model.model.<linear>.lora_A.weight", or with the adapter's name:
// "...lora_A.default.weight".
struct Key {
  std::string linear;
  char factor = 0;  // 'A' or 'B'
};
std::optional<Key> parse_key(const std::string& key) {
  static const std::regex shape(R"((.+)\.lora_([AB])(?:\.[^.]+)?\.weight)");
  std::smatch match;
  if (!std::regex_match(key, match, shape)) return std::nullopt;
  std::string linear = match[1];
  if (linear.starts_with(kPrefix)) linear.erase(0, kPrefix.size());
  return Key{.linear = linear, .factor = match[2].str().front()};
}

std::string shape_text(at::IntArrayRef sizes) {
  std::vector<std::string> words;
  for (const int64_t size : sizes) words.push_back(std::to_string(size));
  return base::format("[{}]", base::join(words, ", "));
}

struct Wanted {
  std::array<int64_t, 2> shape;
  std::string key;
};

at::Tensor checked(const Subject& subject, const at::Tensor& tensor, const Wanted& wanted) {
  base::check(tensor.sizes() == at::IntArrayRef(wanted.shape),
              "module '{}': tensor {} has shape {}, but the base model and r ask for {} "
              "(was it trained on another model?), choose a module made for this base",
              subject.name, wanted.key, shape_text(tensor.sizes()), shape_text(wanted.shape));
  const at::ScalarType type = tensor.scalar_type();
  base::check(type == at::kFloat || type == at::kHalf || type == at::kBFloat16,
              "module '{}': tensor {} has dtype {} (F32, F16 or BF16 is needed), convert it",
              subject.name, wanted.key, at::toString(type));
  at::Tensor values = tensor.to(at::kFloat).contiguous();
  base::check(values.isfinite().all().item<bool>(),
              "module '{}': tensor {} holds NaN or infinity (every mixture with it would be NaN), "
              "copy or train the module again",
              subject.name, wanted.key);
  return values;
}

struct Layers {
  const std::vector<t5::LinearInfo>& linears;
  std::set<int> targets;
};

// Puts the tensors where they belong; what is not a factor of a targeted layer is an error.
std::map<int, Factors> place(const Subject& subject, const t5::Tensors& tensors,
                             const Layers& layers, int64_t rank) {
  std::map<std::string, int> slot_of;
  for (size_t slot = 0; slot < layers.linears.size(); ++slot)
    slot_of[layers.linears[slot].name] = static_cast<int>(slot);
  std::map<int, Factors> slots;
  for (const auto& [name, tensor] : tensors) {
    const std::optional<Key> key = parse_key(name);
    base::check(key.has_value(),
                "module '{}': tensor {} is not a LoRA factor of a linear layer (leaving it out "
                "would change the numbers), use a plain LoRA adapter",
                subject.name, name);
    const auto slot = slot_of.find(key->linear);
    base::check(slot != slot_of.end(),
                "module '{}': tensor {} belongs to no linear layer that the base model has (was it "
                "trained on another model?), choose a module made for this base",
                subject.name, name);
    base::check(layers.targets.contains(slot->second),
                "module '{}': tensor {} is of a layer that target_modules does not name (its file "
                "and its {} disagree), copy the adapter again",
                subject.name, name, kConfigFile);
    const t5::LinearInfo& linear = layers.linears[static_cast<size_t>(slot->second)];
    Factors& factors = slots[slot->second];
    at::Tensor& factor = key->factor == 'A' ? factors.a : factors.b;
    base::check(!factor.defined(),
                "module '{}': tensor {} is there twice, under the names of two adapters, save one "
                "adapter alone",
                subject.name, name);
    const std::array<int64_t, 2> shape =
        key->factor == 'A' ? std::array{rank, linear.in} : std::array{linear.out, rank};
    factor = checked(subject, tensor, {.shape = shape, .key = name});
  }
  return slots;
}

void check_complete(const Subject& subject, const std::map<int, Factors>& slots,
                    const Layers& layers) {
  for (const int slot : layers.targets) {
    const auto found = slots.find(slot);
    for (const char factor : {'A', 'B'})
      base::check(
          found != slots.end() && (factor == 'A' ? found->second.a : found->second.b).defined(),
          "module '{}': tensor {}{}.lora_{}.weight is missing from {} (target_modules names "
          "its layer), copy the adapter again",
          subject.name, kPrefix, layers.linears[static_cast<size_t>(slot)].name, factor,
          weights_file(subject.folder).string());
  }
}

// The last parts of the layers' names ("q", "v") where they say it all, else whole names.
json target_modules(const Module& module, const std::vector<t5::LinearInfo>& linears) {
  std::set<std::string> parts, names;
  for (const auto& [slot, factors] : module.slots) {
    const std::string& name = linears.at(static_cast<size_t>(slot)).name;
    names.insert(name);
    parts.insert(name.substr(name.find_last_of('.') + 1));
  }
  size_t hits = 0;
  for (const t5::LinearInfo& linear : linears)
    hits += parts.contains(linear.name.substr(linear.name.find_last_of('.') + 1));
  return hits == module.slots.size() ? parts : names;
}

}  // namespace

fs::path weights_file(const fs::path& folder) {
  for (const char* name : {kWeightsFile, "adapter_model.bin"})
    if (fs::exists(folder / name)) return folder / name;
  base::fail("{}: has neither {} nor adapter_model.bin (the module's weights), copy it again",
             folder.string(), kWeightsFile);
}

Module read_module(const fs::path& folder, const std::string& name, const t5::Config& base_config) {
  const Subject subject{.name = name, .folder = folder};
  const json config = parse_config(subject);
  check_plain(subject, config);
  const double rank = number(subject, config, "r");
  base::check(rank == std::floor(rank) && rank < 1e6,
              "{}: module '{}' has r = {} (a whole number "
              "is needed), copy the adapter again",
              subject.config(), name, rank);
  Module module{.name = name,
                .rank = static_cast<int64_t>(rank),
                .alpha = number(subject, config, "lora_alpha"),
                .slots = {}};
  const std::vector<t5::LinearInfo> linears = t5::linears(base_config);
  const Layers layers{.linears = linears, .targets = targets(subject, config, linears)};
  const fs::path file = weights_file(folder);
  const t5::Tensors tensors =
      file.extension() == ".bin" ? t5::read_pytorch_bin(file) : t5::read_safetensors(file);
  module.slots = place(subject, tensors, layers, module.rank);
  check_complete(subject, module.slots, layers);
  return module;
}

void write_module(const fs::path& folder, const Module& module, const t5::Config& base_config,
                  const std::string& base_name) {
  const std::vector<t5::LinearInfo> linears = t5::linears(base_config);
  t5::Tensors tensors;
  for (const auto& [slot, factors] : module.slots) {
    const std::string stem =
        base::format("{}{}.lora_", kPrefix, linears.at(static_cast<size_t>(slot)).name);
    tensors[stem + "A.weight"] = factors.a.to(at::kCPU, at::kFloat).contiguous();
    tensors[stem + "B.weight"] = factors.b.to(at::kCPU, at::kFloat).contiguous();
  }
  json config = {{"peft_type", "LORA"},
                 {"task_type", "SEQ_2_SEQ_LM"},
                 {"base_model_name_or_path", base_name},
                 {"r", module.rank},
                 {"lora_alpha", module.alpha},
                 {"lora_dropout", 0.0},
                 {"bias", "none"},
                 {"fan_in_fan_out", false},
                 {"inference_mode", true},
                 {"init_lora_weights", true},
                 {"target_modules", target_modules(module, linears)}};
  if (module.alpha == std::floor(module.alpha))
    config["lora_alpha"] = static_cast<int64_t>(module.alpha);
  std::error_code error;
  fs::create_directories(folder, error);
  base::check(!error, "{}: can't be made ({}), choose another folder", folder.string(),
              error.message());
  t5::write_safetensors(folder / kWeightsFile, tensors);
  base::write_file(folder / kConfigFile, config.dump(2) + "\n");
}

}  // namespace lorahub::lora
