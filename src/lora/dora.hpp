// DoRA (Liu et al. 2024), as PEFT computes it: W' = m (W + s B A) / |W + s B A|, where each row of
// the weight, which makes one output, is divided by its norm and multiplied by a trained length m.
// What a DoRA adds to a weight is no product of low-rank factors, so it can't be mixed with other
// modules: a single one replaces the weights.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "lora/base_weights.hpp"
#include "model/model.hpp"

namespace lorahub::lora {

using Magnitudes = std::map<int, at::Tensor>;  // by slot: m [out, 1]

struct DoraModule {
  Module module;
  Magnitudes lengths;  // none: a plain LoRA adapter
};

// Reads an adapter as read_module() does, and a DoRA as well.
DoraModule read_dora_module(const std::filesystem::path& folder, const std::string& name,
                            const BaseWeights& base);

// The model with W' in the places of W, computed in f64 and rounded once. Error for an adapter of a
// head that is tied to the embedding, since both would change.
std::shared_ptr<const model::Model> with_dora(const model::Model& base, const DoraModule& dora);

}  // namespace lorahub::lora
