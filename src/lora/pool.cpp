#include "lora/pool.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/check.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace lorahub::lora {

namespace {

void check_modules(const std::vector<Module>& modules, const std::vector<t5::LinearInfo>& linears) {
  base::check(!modules.empty(), "no modules to mix (an empty list), name at least one");
  std::set<std::string> seen;
  for (const Module& module : modules)
    base::check(seen.insert(module.name).second,
                "module '{}' is listed twice (its two weights would act as one), list it once",
                module.name);
  const Module& first = modules.front();
  for (const Module& module : modules)
    for (size_t slot = 0; slot < linears.size(); ++slot) {
      const bool here = module.slots.contains(static_cast<int>(slot));
      base::check(here == first.slots.contains(static_cast<int>(slot)),
                  "module '{}' {} {}, but module '{}' does{} (mixed modules must adapt the same "
                  "layers), choose modules with equal target_modules",
                  module.name, here ? "adapts" : "does not adapt", linears[slot].name, first.name,
                  here ? " not" : "");
    }
}

// flat [N, D]: all a then all b; the views that name its parts.
void stack_equal(const std::vector<Module>& modules, Pool& pool) {
  std::vector<at::Tensor> rows;
  for (const Module& module : modules) {
    std::vector<at::Tensor> parts;
    for (const int slot : pool.slots) parts.push_back(module.slots.at(slot).a.flatten());
    for (const int slot : pool.slots) parts.push_back(module.slots.at(slot).b.flatten());
    rows.push_back(at::cat(parts));
  }
  pool.flat = at::stack(rows);
  const int64_t n = pool.flat.size(0);
  int64_t begin = 0;
  const auto view = [&](const at::Tensor& like) {
    const at::Tensor part = pool.flat.narrow(1, begin, like.numel());
    begin += like.numel();
    return part.view({n, like.size(0), like.size(1)});
  };
  const auto& slots = modules.front().slots;
  for (const int slot : pool.slots) pool.a.push_back(view(slots.at(slot).a));
  for (const int slot : pool.slots) pool.b.push_back(view(slots.at(slot).b));
}

void stack_mixed(const std::vector<Module>& modules, Pool& pool) {
  for (const int slot : pool.slots) {
    std::vector<at::Tensor> a, b;
    for (const Module& module : modules) {
      a.push_back(module.slots.at(slot).a);
      b.push_back(module.slots.at(slot).b);
    }
    pool.a.push_back(at::cat(a, 0));
    pool.b.push_back(at::cat(b, 1));
  }
}

void move_to(Pool& pool, t5::Device device) {
  if (device == t5::Device::cpu) return;
  if (!pool.mixed()) {  // the views follow
    const at::Tensor flat = pool.flat.to(at::kCUDA);
    for (auto* views : {&pool.a, &pool.b})
      for (at::Tensor& view : *views)
        view = flat.as_strided(view.sizes(), view.strides(), view.storage_offset());
    pool.flat = flat;
    return;
  }
  for (auto* tensors : {&pool.a, &pool.b})
    for (at::Tensor& tensor : *tensors) tensor = tensor.to(at::kCUDA);
}

}  // namespace

bool Pool::mixed() const {
  return std::any_of(ranks.begin(), ranks.end(), [&](int64_t r) { return r != ranks.front(); });
}

Factors factors(const Pool& pool, int module, int place) {
  const at::Tensor& a = pool.a.at(static_cast<size_t>(place));
  const at::Tensor& b = pool.b.at(static_cast<size_t>(place));
  if (a.dim() == 3) return {.a = a.select(0, module), .b = b.select(0, module)};
  const int64_t first =
      std::accumulate(pool.ranks.begin(), pool.ranks.begin() + module, int64_t{0});
  const int64_t rank = pool.ranks.at(static_cast<size_t>(module));
  return {.a = a.narrow(0, first, rank), .b = b.narrow(1, first, rank)};
}

Pool stack(const std::vector<Module>& modules, const t5::Config& base_config, t5::Device device) {
  const std::vector<t5::LinearInfo> linears = t5::linears(base_config);
  check_modules(modules, linears);
  Pool pool;
  pool.slot_count = static_cast<int>(linears.size());
  for (const Module& module : modules) {
    pool.names.push_back(module.name);
    pool.ranks.push_back(module.rank);
    pool.scalings.push_back(module.scaling());
  }
  for (const auto& [slot, unused] : modules.front().slots) pool.slots.push_back(slot);
  if (pool.mixed())
    stack_mixed(modules, pool);
  else
    stack_equal(modules, pool);
  move_to(pool, device);
  return pool;
}

std::vector<std::string> pick(const std::filesystem::path& library, const study::ModulesDraw& draw,
                              uint64_t seed) {
  std::vector<std::string> all = module_names(library);
  std::set<std::string> seen;
  for (const std::string& name : draw.names) {
    base::check(std::find(all.begin(), all.end(), name) != all.end(),
                "modules: '{}' is not in {}, did you mean '{}'?", name, library.string(),
                base::nearest(name, all));
    base::check(seen.insert(name).second,
                "modules: '{}' is listed twice (its two weights would act as one), list it once",
                name);
  }
  if (!draw.names.empty()) return draw.names;
  const int available = static_cast<int>(all.size());
  base::check(draw.count >= 0 && draw.count <= available,
              "modules: {} asked for, but {} has {}, ask for 1 to {} or 0 for all", draw.count,
              library.string(), available, available);
  if (draw.count == 0) return all;
  std::vector<std::string> names;
  for (const int index : base::python_sample(seed, available, draw.count))
    names.push_back(all[static_cast<size_t>(index)]);
  return names;
}

}  // namespace lorahub::lora
