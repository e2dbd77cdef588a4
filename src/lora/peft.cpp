#include "lora/peft.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/node_memory.hpp"
#include "base/text.hpp"
#include "checkpoint/mapped.hpp"
#include "checkpoint/name_wrappers.hpp"
#include "checkpoint/weights.hpp"
#include "lora/adapter_config.hpp"
#include "lora/base_weights.hpp"
#include "lora/dora.hpp"
#include "lora/library.hpp"
#include "tensor/values.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::string_view kPrefix = "base_model.model.";

// The module being read, for messages.
struct WeightsSubject {
  const std::string& name;
  const fs::path& folder;
};

// "base_model.model.<linear>.lora_A.weight", or with the adapter's name:
// "...lora_A.default.weight"; other wrappers than PEFT's, too (checkpoint::unwrapped).
struct FactorName {
  std::string linear, adapter;
  char factor = 0;  // 'A' or 'B'
};
std::optional<FactorName> parse_key(std::string_view key) {
  constexpr std::string_view kMark = ".lora_", kEnd = ".weight";
  const size_t mark = key.rfind(kMark);
  if (mark == 0 || mark == key.npos || !key.ends_with(kEnd)) return std::nullopt;
  std::string_view linear = key.substr(0, mark), rest = key.substr(mark + kMark.size());
  const char factor = rest.front();
  if (factor != 'A' && factor != 'B') return std::nullopt;
  rest = rest.substr(1, rest.size() - 1 - kEnd.size());  // "" or ".default"
  if (!rest.empty() && (rest.size() < 2 || rest.rfind('.') != 0)) return std::nullopt;
  if (rest == "._orig_mod") rest = "";
  if (!rest.empty()) rest.remove_prefix(1);
  return FactorName{
      .linear = checkpoint::unwrapped(linear), .adapter = std::string(rest), .factor = factor};
}

struct Wanted {
  std::array<int64_t, 2> shape;
  std::string key;
  int rank_axis = 0;  // of `shape`
};

// Where the rank alone differs, the tensor fits the base model.
void check_rank(const WeightsSubject& subject, const at::Tensor& tensor, const Wanted& wanted) {
  const int rank_axis = wanted.rank_axis, other = 1 - rank_axis;
  if (tensor.dim() != 2 || tensor.size(other) != wanted.shape[static_cast<size_t>(other)]) return;
  base::check(tensor.size(rank_axis) == wanted.shape[static_cast<size_t>(rank_axis)],
              "module '{}': tensor {} has the rank {}, but by r and rank_pattern of "
              "adapter_config.json it has {} (the two files are of different adapters, or "
              "the rank was changed), copy both files again",
              subject.name, wanted.key, tensor.size(rank_axis),
              wanted.shape[static_cast<size_t>(rank_axis)]);
}

at::Tensor checked(const WeightsSubject& subject, const at::Tensor& tensor, const Wanted& wanted) {
  if (tensor.dim() == 2 && tensor.size(0) != wanted.shape[0] &&
      wanted.key.find(std::string(model::kHead) + ".") != std::string::npos &&
      wanted.key.find("lora_B") != std::string::npos)
    base::fail(
        "module '{}': tensor {} is for a vocabulary of {} tokens and the base model has {} (its "
        "embedding was resized for new tokens), use an adapter that was trained without them",
        subject.name, wanted.key, tensor.size(0), wanted.shape[0]);
  check_rank(subject, tensor, wanted);
  if (tensor.sizes() != at::IntArrayRef(wanted.shape))
    base::fail(
        "module '{}': tensor {} has shape {}, but the base model and r ask for {} "
        "(was it trained on another model?), choose a module made for this base",
        subject.name, wanted.key, shape_text(tensor.sizes()), shape_text(wanted.shape));
  const at::ScalarType type = tensor.scalar_type();
  base::check(type == at::kFloat || type == at::kHalf || type == at::kBFloat16,
              "module '{}': tensor {} has dtype {} (F32, F16 or BF16 is needed), convert it",
              subject.name, wanted.key, at::toString(type));
  at::Tensor values = tensor.contiguous();
  base::check(tensor::is_finite(values),
              "module '{}': tensor {} holds NaN or infinity (every mixture with it would be NaN), "
              "copy or train the module again",
              subject.name, wanted.key);
  return values;
}

struct Layers {
  const BaseWeights& base;
  const std::vector<model::LinearInfo>& linears;
  const AdapterConfig& config;
};

// What a file holds of the layers that its module adapts.
struct LoadedLayers {
  std::map<int, Factors> slots;
  Magnitudes lengths;  // DoRA
};

// Error for a tensor that PEFT keeps beside the factors of linear layers and that is not the base
// model's own.
void check_no_factor(const WeightsSubject& subject, const Layers& layers, const std::string& name,
                     const at::Tensor& tensor) {
  base::check(name.find("lora_embedding_") == std::string::npos,
              "module '{}': tensor {} adapts an embedding (only linear layers can be adapted), use "
              "an adapter of linear layers",
              subject.name, name);
  check_is_of_base({.module = subject.name, .name = name, .values = tensor}, layers.base);
}

// Error for a layer of modules_to_save of which there is no tensor: PEFT does not load that.
void check_saved(const WeightsSubject& subject, const std::set<std::string>& whole,
                 const std::vector<std::string>& saved) {
  const auto is_of = [](const std::string& tensor, const std::string& layer) {
    for (size_t end = tensor.find('.'); end != tensor.npos; end = tensor.find('.', end + 1))
      if (tensor.substr(0, end).ends_with(layer)) return true;
    return false;
  };
  for (const std::string& layer : saved)
    base::check(
        std::ranges::any_of(whole, [&](const auto& tensor) { return is_of(tensor, layer); }),
        "module '{}': modules_to_save names {}, of which {} holds no tensor, copy both "
        "files again",
        subject.name, layer, weights_file(subject.folder).string());
}

// The layer whose factor a tensor is. A tensor that is no factor of a targeted layer is an error.
struct FactorPlace {
  int slot;
  char factor;
};
FactorPlace place_of(const WeightsSubject& subject, const Layers& layers,
                     const std::string& tensor) {
  const std::optional<FactorName> key = parse_key(tensor);
  base::check(
      !key->linear.starts_with("block."),
      "module '{}': tensor {} is of one side of a T5 (its name does not say whether of the "
      "encoder or the decoder: PEFT was given that part alone), train it on the whole model",
      subject.name, tensor);
  const auto found = std::ranges::find(layers.linears, key->linear, &model::LinearInfo::name);
  base::check(found != layers.linears.end(),
              "module '{}': tensor {} belongs to no linear layer that the base model has (its "
              "layers are named {}, the first {}: was the module trained on another model?), "
              "choose a module made for this base",
              subject.name, tensor, layer_words(layers.linears), layers.linears.front().name);
  const int slot = static_cast<int>(found - layers.linears.begin());
  base::check(layers.config.places.contains(slot),
              "module '{}': tensor {} is of a layer that target_modules does not name (its file "
              "and its {} disagree), copy the adapter again",
              subject.name, tensor, kConfigFile);
  return {.slot = slot, .factor = key->factor};
}

// The slot of the layer whose lengths a DoRA's tensor has: "<layer>.lora_magnitude_vector", maybe
// with the adapter's name or ".weight" behind it. None for other tensors, and other adapters.
std::optional<int> slot_of_lengths(const Layers& layers, const std::string& tensor) {
  const std::string name = checkpoint::unwrapped(tensor);
  const size_t mark = name.find(".lora_magnitude_vector");
  if (!layers.config.is_dora || mark == name.npos) return std::nullopt;
  const auto found =
      std::ranges::find(layers.linears, name.substr(0, mark), &model::LinearInfo::name);
  const int slot = static_cast<int>(found - layers.linears.begin());
  return layers.config.places.contains(slot) ? std::optional(slot) : std::nullopt;
}

at::Tensor checked_lengths(const WeightsSubject& subject, const std::string& name,
                           const at::Tensor& tensor, int64_t out) {
  base::check(tensor.numel() == out && tensor::is_finite(tensor),
              "module '{}': tensor {} has shape {} (a finite length is needed for each of the {} "
              "outputs of its layer), choose a module made for this base",
              subject.name, name, shape_text(tensor.sizes()), out);
  return tensor.reshape({out, 1});
}

LoadedLayers place(const WeightsSubject& subject, const checkpoint::Tensors& tensors,
                   const Layers& layers) {
  LoadedLayers parts;
  std::map<int, Factors>& slots = parts.slots;
  std::map<std::string, std::string> adapters;  // their names, and a tensor of each
  std::set<std::string> whole;                  // tensors of the base model
  for (const auto& [name, tensor] : tensors) {
    const std::string reason = checkpoint::empty_reason(tensor);
    base::check(reason.empty(), "module '{}': tensor {} can't be used ({})", subject.name, name,
                reason);
    if (const auto slot = slot_of_lengths(layers, name)) {
      const int64_t out = layers.linears[static_cast<size_t>(*slot)].out;
      parts.lengths[*slot] = checked_lengths(subject, name, tensor, out);
      continue;
    }
    if (!parse_key(name)) {
      check_no_factor(subject, layers, name, tensor);
      whole.insert(name_in_base(name));
      continue;
    }
    adapters.emplace(parse_key(name)->adapter, name);
    base::check(adapters.size() == 1,
                "module '{}': tensors {} and {} are of two adapters in one file (which one is "
                "meant?), save one adapter alone",
                subject.name, adapters.begin()->second, adapters.rbegin()->second);
    const auto [slot, part] = place_of(subject, layers, name);
    Factors& factors = slots[slot];
    at::Tensor& factor = part == 'A' ? factors.a : factors.b;
    base::check(!factor.defined(),
                "module '{}': tensor {} is there twice, with and without wrappers in its name "
                "(which one is meant?), save the adapter again",
                subject.name, name);
    const model::LinearInfo& linear = layers.linears[static_cast<size_t>(slot)];
    const int64_t rank = layers.config.places.at(slot).rank;
    factor =
        checked(subject, tensor,
                {.shape = part == 'A' ? std::array{rank, linear.in} : std::array{linear.out, rank},
                 .key = name,
                 .rank_axis = part == 'A' ? 0 : 1});
  }
  check_saved(subject, whole, layers.config.saved);
  for (const auto& [slot, unused] : slots)
    base::check(!layers.config.is_dora || parts.lengths.contains(slot),
                "module '{}': the lora_magnitude_vector of {} is missing (use_dora asks for it), "
                "copy both files again",
                subject.name, layers.linears[static_cast<size_t>(slot)].name);
  return parts;
}

// Both factors of every place. An adapter of one part alone is whole: one of a T5EncoderModel has
// a target_modules that fits the decoder's layers, too, and no tensor of any of them.
void check_complete(const WeightsSubject& subject, const std::map<int, Factors>& slots,
                    const Layers& layers) {
  const auto linear = [&](int slot) -> const model::LinearInfo& {
    return layers.linears[static_cast<size_t>(slot)];
  };
  std::set<std::string> parts;  // of the model, of which there is something
  for (const auto& [slot, unused] : slots) parts.insert(linear(slot).part);
  for (const auto& [slot, unused] : layers.config.places) {
    const auto found = slots.find(slot);
    if (found == slots.end() && !parts.contains(linear(slot).part)) continue;
    for (const char factor : {'A', 'B'})
      if (found == slots.end() || !(factor == 'A' ? found->second.a : found->second.b).defined())
        base::fail(
            "module '{}': tensor {}{}.lora_{}.weight is missing from {} (target_modules names "
            "its layer), copy the adapter again",
            subject.name, kPrefix, linear(slot).name, factor,
            weights_file(subject.folder).string());
  }
  base::check(!slots.empty(), "module '{}': {} holds no tensors, copy the adapter again",
              subject.name, weights_file(subject.folder).string());
}

// The largest rank, the scaling that most places share, and where it is another.
void set_scalings(Module& module, const AdapterConfig& config) {
  std::map<double, int> votes;
  for (const auto& [slot, unused] : module.slots) {
    module.rank = std::max(module.rank, config.places.at(slot).rank);
    ++votes[config.places.at(slot).scaling];
  }
  const double usual =
      std::ranges::max_element(votes, {}, &std::pair<const double, int>::second)->first;
  const bool as_written =
      module.rank == config.rank && usual == config.alpha / static_cast<double>(config.rank);
  module.alpha = as_written ? config.alpha : usual * static_cast<double>(module.rank);
  for (const auto& [slot, unused] : module.slots)
    if (config.places.at(slot).scaling != usual)
      module.own_scaling[slot] = config.places.at(slot).scaling;
}

// The last parts of the layers' names ("q", "v") where they say it all, else whole names.
json target_modules(const Module& module, const std::vector<model::LinearInfo>& linears) {
  std::set<std::string> parts, names;
  for (const auto& [slot, factors] : module.slots) {
    const std::string& name = linears.at(static_cast<size_t>(slot)).name;
    names.insert(name);
    parts.insert(name.substr(name.find_last_of('.') + 1));
  }
  size_t hits = 0;
  for (const model::LinearInfo& linear : linears)
    hits += parts.contains(linear.name.substr(linear.name.find_last_of('.') + 1));
  return hits == module.slots.size() ? parts : names;
}

// Whole numbers without a decimal point, as PEFT writes them.
json number(double value) {
  return value == std::floor(value) && value < 1e15 ? json(static_cast<int64_t>(value))
                                                    : json(value);
}

}  // namespace

fs::path weights_file(const fs::path& folder) {
  for (const char* name : {kWeightsFile, "adapter_model.bin"})
    if (fs::exists(folder / name)) return folder / name;
  base::fail("{}: has neither {} nor adapter_model.bin (the module's weights), copy it again",
             folder.string(), kWeightsFile);
}

Module read_module(const fs::path& folder, const std::string& name,
                   const model::Architecture& architecture) {
  return read_module(folder, name, BaseWeights(architecture));
}

Module read_module(const fs::path& folder, const std::string& name, const BaseWeights& base) {
  DoraModule read = read_dora_module(folder, name, base);
  base::check(
      read.lengths.empty(),
      "{}: module '{}' has use_dora = true (it scales the base's own weights, which factors "
      "alone can't), answer with it alone (infer --adapter), or train it without use_dora",
      (folder / kConfigFile).string(), name);
  return std::move(read.module);
}

DoraModule read_dora_module(const fs::path& folder, const std::string& name,
                            const BaseWeights& base) {
  const WeightsSubject subject{.name = name, .folder = folder};
  const AdapterConfig config = read_adapter_config(folder, name, base.architecture());
  const Layers layers{.base = base, .linears = base.architecture().linears(), .config = config};
  const fs::path file = weights_file(folder);
  const std::string origin = base::file_identity(file);
  const checkpoint::Mapped mapped = checkpoint::map_weights(file);
  if (base::file_identity(file) != origin)  // its values would be known by another file's identity
    throw base::Interrupted(base::format(
        "{} was replaced while it was opened, run the same command to go on", file.string()));
  base::read_ahead(mapped->bytes());
  const checkpoint::Tensors tensors = checkpoint::read_weights(mapped);
  LoadedLayers parts = place(subject, tensors, layers);
  Module module{.name = name, .slots = std::move(parts.slots), .file = mapped};
  check_complete(subject, module.slots, layers);
  set_scalings(module, config);
  module.origin = origin;
  return {.module = std::move(module), .lengths = std::move(parts.lengths)};
}

void write_module(const fs::path& folder, const Module& module,
                  const model::Architecture& architecture, const std::string& base_name) {
  const std::vector<model::LinearInfo>& linears = architecture.linears();
  checkpoint::Tensors tensors;
  for (const auto& [slot, factors] : module.slots) {
    const std::string stem =
        base::format("{}{}.lora_", kPrefix, linears.at(static_cast<size_t>(slot)).name);
    const at::ScalarType type = factors.a.scalar_type() == at::kHalf ? at::kHalf : at::kFloat;
    tensors[stem + "A.weight"] = factors.a.to(at::kCPU, type).contiguous();
    tensors[stem + "B.weight"] = factors.b.to(at::kCPU, type).contiguous();
  }
  json ranks = json::object(), alphas = json::object();  // of the places unlike the others
  for (const auto& [slot, factors] : module.slots) {
    const int64_t rank = factors.a.size(0);
    const std::string& name = linears.at(static_cast<size_t>(slot)).name;
    if (rank != module.rank) ranks[name] = rank;
    if (rank != module.rank || module.own_scaling.contains(slot))
      alphas[name] = number(module.scaling(slot) * static_cast<double>(rank));
  }
  const json config = {{"peft_type", "LORA"},
                       {"task_type", architecture.peft().task_type},
                       {"base_model_name_or_path", base_name},
                       {"r", module.rank},
                       {"lora_alpha", number(module.alpha)},
                       {"rank_pattern", ranks},
                       {"alpha_pattern", alphas},
                       {"lora_dropout", 0.0},
                       {"bias", "none"},
                       {"fan_in_fan_out", false},
                       {"inference_mode", true},
                       {"init_lora_weights", true},
                       {"target_modules", target_modules(module, linears)}};
  std::error_code error;
  fs::create_directories(folder, error);
  base::check(!error, "{}: can't be made ({}), choose another folder", folder.string(),
              error.message());
  checkpoint::write_safetensors(folder / kWeightsFile, tensors);
  base::write_file(folder / kConfigFile, base::json_text(config, 2) + "\n");
}

}  // namespace lorahub::lora
