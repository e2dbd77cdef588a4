// The mini-lab's base, twenty of its modules and five examples.
#pragma once
#include <algorithm>
#include <filesystem>

#include "base/random.hpp"
#include "model/families.hpp"
#include "objective/objective.hpp"
#include "study/trial.hpp"

namespace lorahub::objective {

inline const std::filesystem::path kSource = SOURCE_DIR;
inline const std::filesystem::path kModel = kSource / "configs/model/mini";
inline const std::filesystem::path kLibrary = kSource / "configs/library/mini/r16";

inline LoadedModel lab_model(study::Precision precision = study::Precision::f32) {
  const bool half = precision == study::Precision::bf16;
  return {
      .model = model::load(kModel, {.dtype = half ? at::kBFloat16 : at::kFloat}),
      .tokenizer = text::load_tokenizer(kModel),
  };
}

inline lora::Pool pool(const model::Architecture& architecture, int modules = 20) {
  std::vector<lora::Module> read;
  for (const std::string& name : lora::pick(kLibrary, {.count = modules, .names = {}}, 1))
    read.push_back(lora::read_module(kLibrary / name, name, architecture));
  return lora::stack(read, architecture, base::Device::cpu);
}

inline std::vector<task::Example> shots(const std::string& target, int count) {
  auto rows = task::read_examples(kSource / "configs/tasks/mini/unseen" / target / "pool.jsonl");
  rows.resize(static_cast<size_t>(count));
  return rows;
}

// Uniform in [-1.5, 1.5].
inline search::Population population(int size, int dim) {
  search::Population result{.dim = dim, .weights = {}};
  base::Stream stream(1, "population");
  for (int i = 0; i < size * dim; ++i) result.weights.push_back(3 * stream.uniform() - 1.5);
  return result;
}

}  // namespace lorahub::objective
