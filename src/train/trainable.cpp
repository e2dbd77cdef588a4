#include "train/trainable.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>

#include "base/check.hpp"
#include "base/random.hpp"

namespace lorahub::train {
namespace {

at::Tensor uniform(at::IntArrayRef sizes, double bound, base::Stream stream) {
  at::Tensor values = at::empty(sizes, at::kFloat);
  float* value = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i)
    value[i] = static_cast<float>(bound * (2 * stream.uniform() - 1));
  return values;
}

std::string last_part(const std::string& name) { return name.substr(name.find_last_of('.') + 1); }

// Slots of the layers whose name ends in one of the shape's targets.
std::vector<size_t> slots(const model::Architecture& base, const LoraShape& shape) {
  const std::vector<model::LinearInfo>& linears = base.linears();
  const std::vector<std::string>& targets =
      shape.targets.empty() ? base.peft().lora_targets : shape.targets;
  std::vector<std::string> parts;
  for (const model::LinearInfo& linear : linears) {
    const std::string part = last_part(linear.name);
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  }
  for (const std::string& target : targets)
    base::check(std::find(parts.begin(), parts.end(), target) != parts.end(),
                "targets: the model has no linear layer '{}' (it has {}){}", target,
                base::join(parts, ", "), base::did_you_mean(target, parts));
  std::vector<size_t> found;
  for (size_t slot = 0; slot < linears.size(); ++slot)
    if (std::find(targets.begin(), targets.end(), last_part(linears[slot].name)) != targets.end())
      found.push_back(slot);
  return found;
}

// A model that reads some other tensors.
TrainedModel replaced(const ModelPointer& base, const std::vector<std::string>& names,
                      const TensorList& by) {
  std::map<std::string, at::Tensor> changed;
  for (size_t i = 0; i < names.size(); ++i) changed.emplace(names[i], by[i]);
  return {.model = base->with(changed), .adapter = {}};
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

at::Device device_of(const ModelPointer& model) {
  return model->device() == base::Device::cuda ? at::Device(at::kCUDA) : at::Device(at::kCPU);
}

}  // namespace

TensorList values(const Trainable& trainable) {
  TensorList all;
  for (const Parameter& parameter : trainable.parameters) all.push_back(parameter.value);
  return all;
}

TrainedModel trained_model(const Trainable& trainable) {
  TrainedModel model = trainable.place(trainable.prepare(values(trainable)));
  for (model::LowRank& low : model.adapter.slots)
    for (at::Tensor* part : {&low.a, &low.b, &low.scale})
      if (part->defined()) *part = part->to(model.model->dtype());
  return model;
}

std::string bytes(const Trainable& trainable) {
  std::string all;
  for (const Parameter& p : trainable.parameters) {
    const at::Tensor plain = p.value.to(at::kCPU).contiguous();
    all.append(static_cast<const char*>(plain.const_data_ptr()), plain.nbytes());
  }
  return all;
}

void set_bytes(Trainable& trainable, const std::string& bytes) {
  size_t begin = 0;
  for (Parameter& p : trainable.parameters) {
    const at::Tensor plain = at::empty(p.value.sizes(), p.value.scalar_type());
    assert(begin + plain.nbytes() <= bytes.size());
    std::memcpy(plain.mutable_data_ptr(), bytes.data() + begin, plain.nbytes());
    begin += plain.nbytes();
    p.value.copy_(plain);
  }
  assert(begin == bytes.size());
}

Trainable lora(const ModelPointer& base, const LoraShape& shape, uint64_t seed) {
  const std::vector<model::LinearInfo>& linears = base->architecture().linears();
  const std::vector<size_t> adapted = slots(base->architecture(), shape);
  const at::Device device = device_of(base);
  Trainable trainable;
  for (const size_t slot : adapted) {
    const model::LinearInfo& linear = linears[slot];
    const double bound = 1 / std::sqrt(static_cast<double>(linear.in));
    const base::Stream stream(seed, "lora/" + linear.name);
    trainable.parameters.push_back(
        {.name = linear.name + ".lora_A.weight",
         .value = uniform({shape.rank, linear.in}, bound, stream).to(device)});
    trainable.parameters.push_back(
        {.name = linear.name + ".lora_B.weight",
         .value = at::zeros({linear.out, shape.rank}, at::device(device).dtype(at::kFloat))});
  }
  const double scaling = shape.alpha / static_cast<double>(shape.rank);
  trainable.prepare = [scaling](const TensorList& factors) {
    TensorList read;
    for (size_t i = 0; i < factors.size(); i += 2) {
      read.push_back(factors[i].unsqueeze(0));
      read.push_back((factors[i + 1] * scaling).unsqueeze(0));
    }
    return read;
  };
  trainable.place = [base, adapted, count = linears.size()](const TensorList& read) {
    TrainedModel model{.model = base, .adapter = {.candidates = 1, .slots = {}}};
    model.adapter.slots.resize(count);
    for (size_t i = 0; i < adapted.size(); ++i)
      model.adapter.slots[adapted[i]] = {.a = read[2 * i], .b = read[2 * i + 1], .scale = {}};
    return model;
  };
  return trainable;
}

lora::Module lora_module(const Trainable& lora, const model::Architecture& base,
                         const LoraShape& shape) {
  lora::Module module{.name = "trained", .rank = shape.rank, .alpha = shape.alpha, .slots = {}};
  const std::vector<size_t> adapted = slots(base, shape);
  for (size_t i = 0; i < adapted.size(); ++i)
    module.slots[static_cast<int>(adapted[i])] = {.a = lora.parameters[2 * i].value,
                                                  .b = lora.parameters[2 * i + 1].value};
  return module;
}

Trainable ia3(const ModelPointer& base) {
  const model::PeftWords& words = base->architecture().peft();
  const std::map<std::string, at::Tensor> tensors = base->tensors();
  std::vector<std::string> names, bias_names;
  TensorList weights, biases;
  std::vector<size_t> biased;  // the factors of `biases`: an output's bias is scaled with it
  Trainable trainable;
  for (const model::LinearInfo& linear : base->architecture().linears()) {
    const std::string part = last_part(linear.name);
    const bool output = contains(words.ia3_outputs, part);
    if (!output && !contains(words.ia3_inputs, part)) continue;
    names.push_back(linear.name + ".weight");
    weights.push_back(tensors.at(names.back()));
    const auto bias = tensors.find(linear.name + ".bias");
    if (output && bias != tensors.end()) {
      bias_names.push_back(bias->first);
      biases.push_back(bias->second);
      biased.push_back(trainable.parameters.size());
    }
    const std::vector<int64_t> sizes =
        output ? std::vector<int64_t>{linear.out, 1} : std::vector<int64_t>{1, linear.in};
    trainable.parameters.push_back(
        {.name = linear.name + ".ia3_l",
         .value = at::ones(sizes, weights.back().options().dtype(at::kFloat))});
  }
  names.insert(names.end(), bias_names.begin(), bias_names.end());
  trainable.prepare = [weights, biases, biased](const TensorList& factors) {
    TensorList read;
    for (size_t i = 0; i < weights.size(); ++i)
      read.push_back((weights[i] * factors[i]).to(weights[i].scalar_type()));
    for (size_t i = 0; i < biases.size(); ++i)
      read.push_back(biases[i] * factors[biased[i]].flatten());
    return read;
  };
  trainable.place = [base, names](const TensorList& read) { return replaced(base, names, read); };
  return trainable;
}

Trainable full(const ModelPointer& start, at::ScalarType dtype) {
  std::vector<std::string> names;
  std::vector<bool> wide;
  Trainable trainable;
  for (const auto& [name, tensor] : start->tensors()) {
    names.push_back(name);
    wide.push_back(start->is_always_f32(name));
    trainable.parameters.push_back({.name = name, .value = tensor.to(at::kFloat).clone()});
  }
  trainable.prepare = [wide, dtype](const TensorList& masters) {
    TensorList read;
    for (size_t i = 0; i < masters.size(); ++i)
      read.push_back(wide[i] ? masters[i] : masters[i].to(dtype));
    return read;
  };
  trainable.place = [start, names](const TensorList& read) { return replaced(start, names, read); };
  return trainable;
}

Trainable mixture(const ModelPointer& base, const MixtureTraining& mixture,
                  std::span<const double> start) {
  const at::Tensor weights =
      at::tensor(std::vector<double>(start.begin(), start.end()), at::kDouble)
          .to(device_of(base), at::kFloat)
          .unsqueeze(0);
  Trainable trainable{
      .parameters = {{.name = "weights", .value = weights}}, .prepare = {}, .place = {}};
  const auto composer =
      std::make_shared<lora::Composer>(mixture.pool, mixture.composition, at::kFloat);
  const auto adapted = std::make_shared<std::vector<int>>(mixture.pool.slots);
  trainable.prepare = [composer, adapted](const TensorList& values) {
    const model::Adapter adapter = (*composer)(values[0]);
    TensorList read;
    for (const int slot : *adapted) {
      const model::LowRank& low = adapter.slots[static_cast<size_t>(slot)];
      for (const at::Tensor* part : {&low.a, &low.b, &low.scale})
        if (part->defined()) read.push_back(*part);
    }
    return read;
  };
  const int64_t count = mixture.pool.slot_count;
  const bool scaled = mixture.composition == study::Composition::product;
  trainable.place = [base, adapted, count, scaled](const TensorList& read) {
    TrainedModel model{.model = base, .adapter = {.candidates = 1, .slots = {}}};
    model.adapter.slots.resize(static_cast<size_t>(count));
    size_t next = 0;
    for (const int slot : *adapted) {
      model::LowRank& low = model.adapter.slots[static_cast<size_t>(slot)];
      low.a = read[next++];
      low.b = read[next++];
      if (scaled) low.scale = read[next++];
    }
    return model;
  };
  return trainable;
}

}  // namespace lorahub::train
