// Writes a mixture: composes it, cuts it to a rank where asked, and writes an adapter or a whole
// model.
#pragma once
#include <filesystem>
#include <span>
#include <string>

#include "lora/pool.hpp"
#include "model/architecture.hpp"

namespace lorahub::lora {

enum class WrittenForm { adapter, merged_f32, merged_bf16 };
inline const char* library(WrittenForm form) {
  return form == WrittenForm::adapter ? "peft" : "transformers";
}

struct MixtureToWrite {
  const Pool& pool;
  std::span<const double> weights;  // [N]
  study::MixingRule composition = study::Composition::factor;
  int64_t rank = 0;  // 0: all that was composed; else the nearest of this rank (SVD)
  WrittenForm form = WrittenForm::adapter;
};

struct Written {
  Module module;  // as it was written: an adapter has no more rank than its matrices can
  int64_t composed_rank = 0;  // the rank before the module was written with less (narrowed())
  double cut = 0;             // |composed - cut| / |composed| where the rank was cut
  double lost = 0;  // of a merged model: what rounding took of the adapter (merge_into_base.hpp)
};

struct NamedModel {
  const model::Architecture& architecture;
  std::string path;  // a folder or a published name
  std::string name;  // what the adapter calls it
};

// Composes and writes into `folder`, all but the card, which the caller writes.
Written write_mixture(const std::filesystem::path& folder, const MixtureToWrite& mixture,
                      const NamedModel& base);

// The mixture as text, without its tensors: modules and weights, and how they are composed and
// written.
std::string made_of(const MixtureToWrite& mixture);

// Markdown: modules and weights, how they were composed, what was cut and lost.
std::string describe(const MixtureToWrite& mixture, const Written& written);

}  // namespace lorahub::lora
