#include "lora/draw_modules.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "study/trial.hpp"

namespace lorahub::lora {

std::vector<std::string> draw_modules(const std::vector<std::string>& all,
                                      const std::filesystem::path& library,
                                      const study::ModulesDraw& draw, uint64_t seed) {
  std::set<std::string> seen;
  for (const std::string& name : draw.names) {
    base::check(std::find(all.begin(), all.end(), name) != all.end(),
                "modules: '{}' is not in {}{}", name, library.string(),
                base::did_you_mean(name, all, " (lorahub hub list names its modules)"));
    base::check(seen.insert(name).second,
                "modules: '{}' is listed twice (its two weights would act as one), list it once",
                name);
  }
  if (!draw.names.empty()) return draw.names;
  const int available = static_cast<int>(all.size());
  base::check(draw.count >= 0 && draw.count <= available,
              "modules: {} asked for, but {} has {}, ask for 1 to {} or `all`", draw.count,
              library.string(), available, available);
  if (draw.count == 0) return all;
  std::vector<std::string> names;
  for (const int index : base::python_sample(seed, available, draw.count))
    names.push_back(all[static_cast<size_t>(index)]);
  return names;
}

}  // namespace lorahub::lora
