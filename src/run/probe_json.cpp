#include "run/probe_json.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"

namespace lorahub::run {

std::string probe_json(const ProbeFindings& found) {
  nlohmann::json modules = nlohmann::json::array();
  for (const ProbedModule& one : found.modules)
    modules.push_back({{"name", one.name},
                       {"rank", one.rank},
                       {"loss", one.alone.loss},
                       {"accuracy", one.alone.accuracy},
                       {"changed", one.alone.changed},
                       {"norm_a", one.norms.a},
                       {"norm_b", one.norms.b},
                       {"norm_ba", one.norms.product}});
  nlohmann::json out{{"base", {{"loss", found.base.loss}, {"accuracy", found.base.accuracy}}},
                     {"shots_sha256", found.shots_sha256},
                     {"modules", modules},
                     {"left_out", found.left_out}};
  if (!found.cosines.empty()) out["similarity"] = found.cosines;
  return base::json_text(out);
}

}  // namespace lorahub::run
