#include "run/similarity.hpp"

#include "checkpoint/hub_cache.hpp"
#include "lora/geometry.hpp"
#include "lora/load_modules.hpp"
#include "model/families.hpp"
#include "report/statistics/cluster_order.hpp"
#include "tensor/threads.hpp"

namespace lorahub::run {

Similarity similarity(const std::string& model, const std::string& library,
                      const std::vector<std::string>& names, const std::function<void()>& between) {
  const auto base = model::read_architecture(checkpoint::resolve(model));
  Similarity found;
  const std::vector<lora::Module> modules = lora::load_fitting(
      {.model = model, .library = library, .names = names}, *base, found.left_out);
  std::vector<std::vector<double>> cosines;
  tensor::share(1, 1, [&](int) { cosines = lora::cosines(modules, between); });
  const std::vector<size_t> order = report::cluster_order(cosines);
  for (const size_t i : order) {
    found.modules.push_back(modules[i].name);
    found.cosines.emplace_back();
    for (const size_t j : order) found.cosines.back().push_back(cosines[i][j]);
  }
  return found;
}

}  // namespace lorahub::run
