#include "lora/pool.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "base/check.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "lora/draw_modules.hpp"
#include "lora/layout.hpp"
#include "study/trial.hpp"
#include "tensor/shared_tensor.hpp"
#include "tensor/threads.hpp"

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

// The factors of the first module that has the place, by slot.
std::map<int, Factors> all_places(const std::vector<Module>& modules) {
  std::map<int, Factors> places;
  for (const Module& module : modules) places.insert(module.slots.begin(), module.slots.end());
  return places;
}

// A tensor that has shape and strides but no memory.
at::Tensor outline(at::IntArrayRef sizes) {
  return at::empty(sizes, at::device(at::kMeta).dtype(at::kFloat));
}

// Lays out flat [N, D] with all a, then all b, and the views that name its parts.
void outline_equal(const std::vector<Module>& modules, Pool& pool) {
  const std::map<int, Factors> places = all_places(modules);
  const auto n = static_cast<int64_t>(modules.size());
  int64_t total = 0, begin = 0;
  for (const auto& [slot, like] : places) total += like.a.numel() + like.b.numel();
  pool.flat = outline({n, total});
  const auto view = [&](const at::Tensor& like) {
    const at::Tensor part = pool.flat.narrow(1, begin, like.numel());
    begin += like.numel();
    return part.view({n, like.size(0), like.size(1)});
  };
  for (const auto& [slot, like] : places) pool.a.push_back(view(like.a));
  for (const auto& [slot, like] : places) pool.b.push_back(view(like.b));
}

// Lays out flat [D] with a [sum r, in] and b [out, sum r] of each place.
void outline_mixed(const std::vector<Module>& modules, Pool& pool) {
  std::vector<std::array<int64_t, 2>> shapes;
  int64_t total = 0, begin = 0;
  const std::map<int, Factors> places = all_places(modules);
  const auto columns = [](const std::vector<int64_t>& ranks) {
    return std::accumulate(ranks.begin(), ranks.end(), int64_t{0});
  };
  size_t place = 0;
  for (const auto& [slot, like] : places) {
    const int64_t sum = columns(pool.ranks[place++]);
    shapes.push_back({sum, like.a.size(1)});
    shapes.push_back({like.b.size(0), sum});
    total += sum * (like.a.size(1) + like.b.size(0));
  }
  pool.flat = outline({total});
  for (size_t i = 0; i < shapes.size(); ++i) {
    const int64_t length = shapes[i][0] * shapes[i][1];
    (i % 2 == 0 ? pool.a : pool.b).push_back(pool.flat.narrow(0, begin, length).view(shapes[i]));
    begin += length;
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

// The origin of the pool: its values follow from the modules and the order of the places.
std::string common_origin(const std::vector<Module>& modules, int slot_count) {
  std::string all = base::format("pool {}", slot_count);
  for (const Module& module : modules) {
    if (module.origin.empty()) return "";
    all += "|" + module.origin;
  }
  return all;
}

void copy_module(const Module& module, const Pool& pool, int number) {
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const auto found = module.slots.find(pool.slots[place]);
    const Factors to = factors(pool, number, static_cast<int>(place));
    if (found == module.slots.end()) {
      to.a.zero_();
      to.b.zero_();
    } else {
      to.a.copy_(found->second.a);
      to.b.copy_(found->second.b);
    }
  }
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

void rebase(Pool& pool, const at::Tensor& flat) {
  for (auto* views : {&pool.a, &pool.b})
    for (at::Tensor& view : *views) {
      std::vector<int64_t> strides = view.strides().vec();
      if (view.dim() == 3) strides[0] = flat.stride(0);
      const int64_t place = view.storage_offset() - pool.flat.storage_offset();
      view = flat.as_strided(view.sizes(), strides, flat.storage_offset() + place);
    }
  pool.flat = flat;
}

void materialise(Pool& pool, const std::function<void(const Pool&)>& fill) {
  rebase(pool, tensor::shared_tensor(pool.origin, {.type = at::kFloat, .sizes = pool.flat.sizes()},
                                     [&](const at::Tensor& memory) {
                                       Pool writable = pool;
                                       rebase(writable, memory);
                                       fill(writable);
                                     }));
}

Pool stack(const std::vector<Module>& modules, const model::Architecture& architecture,
           base::Device device, int threads) {
  check_modules(modules);
  Pool pool;
  pool.slot_count = static_cast<int>(architecture.linears().size());
  for (const Module& module : modules) pool.names.push_back(module.name);
  note_places(modules, pool);
  pool.origin = common_origin(modules, pool.slot_count);
  if (device == base::Device::cpu && map_in_place(modules, pool)) return pool;
  if (pool.mixed())
    outline_mixed(modules, pool);
  else
    outline_equal(modules, pool);
  materialise(pool, [&](const Pool& memory) {
    tensor::share(threads, static_cast<int>(modules.size()),
                  [&](int i) { copy_module(modules[static_cast<size_t>(i)], memory, i); });
  });
  if (device == base::Device::cuda) rebase(pool, pool.flat.to(at::kCUDA));
  return pool;
}

std::vector<std::string> pick(const std::filesystem::path& library, const study::ModulesDraw& draw,
                              uint64_t seed) {
  return draw_modules(module_names(library), library, draw, seed);
}

}  // namespace lorahub::lora
