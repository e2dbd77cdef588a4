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

void check_modules(const std::vector<Module>& modules) {
  base::check(!modules.empty(), "no modules to mix (an empty list), name at least one");
  std::set<std::string> seen;
  for (const Module& module : modules)
    base::check(seen.insert(module.name).second,
                "module '{}' is listed twice (its two weights would act as one), list it once",
                module.name);
}

// The module's factors at a slot; zeros shaped `like` where it has none.
Factors factors_or_zero(const Module& module, int slot, const Factors& like) {
  const auto found = module.slots.find(slot);
  if (found != module.slots.end()) return found->second;
  return {.a = at::zeros_like(like.a), .b = at::zeros_like(like.b)};
}

// By slot: the factors of the first module that has the place.
std::map<int, Factors> all_places(const std::vector<Module>& modules) {
  std::map<int, Factors> places;
  for (const Module& module : modules) places.insert(module.slots.begin(), module.slots.end());
  return places;
}

// flat [N, D]: all a then all b; the views that name its parts.
void stack_equal(const std::vector<Module>& modules, Pool& pool) {
  const std::map<int, Factors> places = all_places(modules);
  std::vector<at::Tensor> rows;
  for (const Module& module : modules) {
    std::vector<at::Tensor> parts;
    for (const auto& [slot, like] : places)
      parts.push_back(factors_or_zero(module, slot, like).a.flatten());
    for (const auto& [slot, like] : places)
      parts.push_back(factors_or_zero(module, slot, like).b.flatten());
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
  for (const auto& [slot, like] : places) pool.a.push_back(view(like.a));
  for (const auto& [slot, like] : places) pool.b.push_back(view(like.b));
}

void stack_mixed(const std::vector<Module>& modules, Pool& pool) {
  for (const int slot : pool.slots) {
    std::vector<at::Tensor> a, b;
    for (const Module& module : modules) {
      if (!module.slots.contains(slot)) continue;
      a.push_back(module.slots.at(slot).a);
      b.push_back(module.slots.at(slot).b);
    }
    pool.a.push_back(at::cat(a, 0));
    pool.b.push_back(at::cat(b, 1));
  }
}

void note_places(const std::vector<Module>& modules, Pool& pool) {
  for (const auto& [slot, unused] : all_places(modules)) {
    pool.slots.push_back(slot);
    std::vector<int64_t>& ranks = pool.ranks.emplace_back();
    std::vector<double>& scalings = pool.scalings.emplace_back();
    for (const Module& module : modules) {
      const auto found = module.slots.find(slot);
      const bool here = found != module.slots.end();
      ranks.push_back(here ? found->second.a.size(0) : 0);
      scalings.push_back(here ? module.scaling(slot) : 0);
    }
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
  return std::ranges::any_of(ranks, [](const std::vector<int64_t>& place) {
    const int64_t largest = std::ranges::max(place);
    return std::ranges::any_of(place, [&](int64_t r) { return r != 0 && r != largest; });
  });
}

Factors factors(const Pool& pool, int module, int place) {
  const at::Tensor& a = pool.a.at(static_cast<size_t>(place));
  const at::Tensor& b = pool.b.at(static_cast<size_t>(place));
  if (a.dim() == 3) return {.a = a.select(0, module), .b = b.select(0, module)};
  const std::vector<int64_t>& ranks = pool.ranks.at(static_cast<size_t>(place));
  const int64_t first = std::accumulate(ranks.begin(), ranks.begin() + module, int64_t{0});
  const int64_t rank = ranks.at(static_cast<size_t>(module));
  return {.a = a.narrow(0, first, rank), .b = b.narrow(1, first, rank)};
}

Pool stack(const std::vector<Module>& modules, const t5::Config& base_config, t5::Device device) {
  check_modules(modules);
  Pool pool;
  pool.slot_count = static_cast<int>(t5::linears(base_config).size());
  for (const Module& module : modules) pool.names.push_back(module.name);
  note_places(modules, pool);
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
