#include "lora/write_mixture.hpp"

#include <algorithm>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/geometry.hpp"
#include "lora/merge_into_base.hpp"
#include "lora/truncate.hpp"
#include "study/choices.hpp"

namespace lorahub::lora {

Written write_mixture(const std::filesystem::path& folder, const MixtureToWrite& mixture,
                      const NamedModel& base) {
  Written written{.module = composed_module(mixture.pool, mixture.weights, mixture.composition)};
  if (mixture.rank > 0 && mixture.rank < written.module.rank) {
    Module cut = truncate(written.module, mixture.rank);
    written.cut = relative_difference(written.module, cut);
    written.module = std::move(cut);
  }
  written.composed_rank = written.module.rank;
  if (mixture.form == WrittenForm::adapter) written.module = narrowed(written.module);
  if (mixture.form == WrittenForm::adapter)
    write_module(folder, written.module, base.architecture, base.name);
  else
    written.lost =
        write_merged(folder, written.module, checkpoint::resolve(base.path),
                     mixture.form == WrittenForm::merged_f32 ? at::kFloat : at::kBFloat16);
  return written;
}

std::string made_of(const MixtureToWrite& mixture) {
  std::string text = base::format("{} {} {}\n", study::text(mixture.composition), mixture.rank,
                                  mixture.form == WrittenForm::adapter      ? "adapter"
                                  : mixture.form == WrittenForm::merged_f32 ? "merged f32"
                                                                            : "merged bf16");
  for (size_t i = 0; i < mixture.weights.size(); ++i)
    text += base::format("{} {}\n", mixture.pool.names[i], mixture.weights[i]);
  return text;
}

std::string describe(const MixtureToWrite& mixture, const Written& written) {
  std::string text = base::format("Composition `{}`, rank {}", study::text(mixture.composition),
                                  written.module.rank);
  if (written.cut > 0)
    text += base::format(", cut from rank {} by SVD: {:.2g} % of what is added is left out",
                         written.module.truncated_from, 100 * written.cut);
  if (written.composed_rank > written.module.rank)
    text += base::format(", as large as its matrices can have; composed it was {}",
                         written.composed_rank);
  text += ".\n";
  if (mixture.form == WrittenForm::merged_bf16)
    text += base::format(
        "Merged into bf16 weights: rounding changes what the adapter adds by {:.2g} %.\n",
        100 * written.lost);
  if (mixture.form == WrittenForm::merged_f32) text += "Merged into f32 weights.\n";
  text += "\n| module | weight |\n|---|---|\n";
  for (size_t i = 0; i < mixture.weights.size(); ++i)
    text += base::format("| {} | {} |\n", base::markdown_text(mixture.pool.names[i]),
                         mixture.weights[i]);
  return text;
}

}  // namespace lorahub::lora
