// What is trained, and how the network reads it. LoRA, (IA)^3, every weight and mixing weights are
// all a list of parameters and two functions.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lora/pool.hpp"
#include "model/adapter.hpp"
#include "model/architecture.hpp"
#include "model/model.hpp"

namespace lorahub::train {

struct Parameter {
  std::string name;
  at::Tensor value;  // the optimiser writes into it; f32
};

// A model with what was trained in its places.
struct TrainedModel {
  std::shared_ptr<const model::Model> model;
  model::Adapter adapter;
};

using TensorList = std::vector<at::Tensor>;
using ModelPointer = std::shared_ptr<const model::Model>;

struct Trainable {
  std::vector<Parameter> parameters;
  // Values of the parameters, in their order -> tensors that the network reads. Differentiable.
  std::function<TensorList(const TensorList& values)> prepare;
  // Puts those tensors into a network that reads them; it does no arithmetic.
  std::function<TrainedModel(const TensorList& read)> place;
};

TensorList values(const Trainable& trainable);           // handles, not copies
TrainedModel trained_model(const Trainable& trainable);  // as it is now, for the fast paths

// All values one after another, and back into a trainable of the same shape.
std::string bytes(const Trainable& trainable);
void set_bytes(Trainable& trainable, const std::string& bytes);

// Low-rank additions to some layers of a frozen network (Hu et al. 2021). They start as in PEFT: A
// is uniform between -1/sqrt(in) and 1/sqrt(in), and B is zero.
struct LoraShape {
  int64_t rank = 16;
  double alpha = 32;
  std::vector<std::string> targets;  // last parts of the layers' names; none: the family's usual
};
// Error naming a target that no layer has.
Trainable lora(const ModelPointer& base, const LoraShape& shape, uint64_t seed);
lora::Module lora_module(const Trainable& lora, const model::Architecture& base,
                         const LoraShape& shape);

// (IA)^3 (Liu et al. 2022) where PEFT puts it for the family: for T5, factors for the outputs of k
// and v and for the input of wo, from 1. The network reads weights with the factors in them.
Trainable ia3(const ModelPointer& base);

// Every weight, from `start`, in f32; the network is computed in `dtype`. Values are copied.
Trainable full(const ModelPointer& start, at::ScalarType dtype);

// N mixing weights of a pool, from `start`, in the composition.
struct MixtureTraining {
  const lora::Pool& pool;
  study::Composition composition;
};
Trainable mixture(const ModelPointer& base, const MixtureTraining& mixture,
                  std::span<const double> start);

}  // namespace lorahub::train
