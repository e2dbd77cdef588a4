#include <ATen/ATen.h>

#include <algorithm>

#include "base/random.hpp"
#include "base/text.hpp"
#include "lora/geometry.hpp"
#include "lora/layout.hpp"
#include "lora/pool.hpp"

namespace lorahub::lora {

namespace {

// f64 on the CPU, row-major: the same numbers on every device.
at::Tensor gaussian(at::IntArrayRef sizes, base::Stream stream) {
  at::Tensor values = at::empty(sizes, at::kDouble);
  double* value = values.mutable_data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) value[i] = stream.normal();
  return values;
}

double length(const at::Tensor& tensor) { return tensor.norm().item<double>(); }

// ||BA||_F
double product_norm(const Factors& factors) {
  return std::sqrt(std::max(inner(factors, factors), 0.0));
}

// `stem`: the module and its place, for the streams.
Factors random_factors(const Factors& real, uint64_t seed, const std::string& stem) {
  const at::Tensor real_a = real.a.to(at::kCPU, at::kDouble),
                   real_b = real.b.to(at::kCPU, at::kDouble);
  at::Tensor a = gaussian(real_a.sizes(), base::Stream(seed, stem + "/a"));
  at::Tensor b = gaussian(real_b.sizes(), base::Stream(seed, stem + "/b"));
  a.mul_(length(real_a) / length(a));
  Factors drawn{.a = a, .b = b};
  const double product = product_norm(drawn);  // 0 where the real a is 0
  b.mul_(product > 0 ? product_norm(real) / product : 0.0);
  return drawn;
}

}  // namespace

Pool random_like(const Pool& pool, uint64_t seed) {
  Pool result = pool;
  if (!pool.origin.empty()) result.origin = base::format("{}|random {}", pool.origin, seed);
  materialise(result, [&](const Pool& memory) {
    memory.flat.zero_();
    for (int module = 0; module < pool.size(); ++module)
      for (int place = 0; place < static_cast<int>(pool.slots.size()); ++place) {
        const std::string stem = base::format("{}/{}", pool.names[static_cast<size_t>(module)],
                                              pool.slots[static_cast<size_t>(place)]);
        const Factors drawn = random_factors(factors(pool, module, place), seed, stem);
        const Factors target = factors(memory, module, place);
        target.a.copy_(drawn.a);
        target.b.copy_(drawn.b);
      }
  });
  if (pool.flat.is_cuda()) rebase(result, result.flat.to(at::kCUDA));
  return result;
}

Pool random_pool(const model::Architecture& architecture, int modules, base::Device device) {
  constexpr int64_t kRank = 16;
  constexpr double kScaling = 2, kNorm = 0.03;
  std::vector<Module> all;
  for (int m = 0; m < modules; ++m) {
    Module module{.name = base::format("random_{}", m),
                  .rank = kRank,
                  .alpha = kScaling * kRank,
                  .slots = {}};
    int slot = -1;
    for (const model::LinearInfo& info : architecture.linears()) {
      ++slot;
      const std::string last = info.name.substr(info.name.find_last_of('.') + 1);
      if (!std::ranges::count(architecture.peft().lora_targets, last)) continue;
      const auto normal = [&](at::IntArrayRef sizes, const char* which) {
        return gaussian(sizes, base::Stream(1, base::format("{}/{}/{}", m, slot, which)))
            .to(at::kFloat);
      };
      // One of BA's values has the deviation sqrt(r) dev(a) dev(b); of W's, that of dev(a).
      const double width = 1 / std::sqrt(static_cast<double>(info.in));
      double b = kNorm / (kScaling * std::sqrt(static_cast<double>(kRank)));
      b *= architecture.output_scale(info);
      module.slots[slot] = {.a = normal({kRank, info.in}, "a") * width,
                            .b = normal({info.out, kRank}, "b") * b};
    }
    all.push_back(std::move(module));
  }
  return stack(all, architecture, device);
}

}  // namespace lorahub::lora
