#include "lora/dora.hpp"

#include <ATen/ATen.h>

#include "base/check.hpp"

namespace lorahub::lora {

std::shared_ptr<const model::Model> with_dora(const model::Model& base, const DoraModule& dora) {
  const std::map<std::string, at::Tensor> tensors = base.tensors();
  std::map<std::string, at::Tensor> replaced;
  for (const auto& [slot, length] : dora.lengths) {
    const std::string& layer = base.architecture().linears().at(static_cast<size_t>(slot)).name;
    const auto found = tensors.find(layer + ".weight");
    base::check(found != tensors.end(),
                "module '{}' is a DoRA of {}, which this model shares with its embedding (both "
                "would change), use an adapter that leaves the head out",
                dora.module.name, layer);
    const at::Tensor& weight = found->second;
    const auto wide = [&](const at::Tensor& part) { return part.to(weight.device(), at::kDouble); };
    const Factors& factors = dora.module.slots.at(slot);
    const at::Tensor direction =
        wide(weight) + wide(factors.b).matmul(wide(factors.a)) * dora.module.scaling(slot);
    const at::Tensor scaled = wide(length) * direction / direction.norm(2, {1}, true);
    replaced[found->first] = scaled.to(weight.scalar_type()).contiguous();
  }
  return base.with(replaced);
}

}  // namespace lorahub::lora
