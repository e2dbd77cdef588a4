#include "model/tensor_placer.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.hpp"
#include "checkpoint/mapped.hpp"
#include "checkpoint/weight_files.hpp"
#include "tensor/cuda/gpu.hpp"
#include "tensor/threads.hpp"
#include "tensor/values.hpp"

namespace lorahub::model {
namespace {

void check_finite(const std::string& name, const at::Tensor& tensor) {
  if (tensor::is_finite(tensor)) return;
  base::fail(
      "{} holds {} values that are not finite (every loss would be NaN), "
      "load undamaged weights",
      name, at::isfinite(tensor).logical_not_().sum().item<int64_t>());
}

}  // namespace

TensorPlacer::TensorPlacer(const checkpoint::Tensors& weights, Placement placement, Share share)
    : weights_(weights),
      placement_(placement),
      share_(share),
      bytes_(static_cast<size_t>(share.count)) {}

at::Tensor TensorPlacer::take(const std::string& name, at::IntArrayRef shape) {
  const auto found = weights_.find(name);
  used_.insert(name);
  base::check(found != weights_.end(),
              "tensor {} is missing from the model (config.json asks for it), "
              "use the weights and config.json of one model",
              name);
  const at::Tensor& tensor = found->second;
  base::check(tensor.sizes() == shape,
              "tensor {} has shape [{}] but config.json asks for [{}], "
              "use the weights and config.json of one model",
              name, fmt::join(tensor.sizes(), ", "), fmt::join(shape, ", "));
  base::check(at::isFloatingType(tensor.scalar_type()),
              "tensor {} holds {} values (weights must be floating-point numbers), "
              "use unquantised weights",
              name, at::toString(tensor.scalar_type()));
  return tensor;
}

// The part with the fewest bytes so far takes the tensor: all ranks find the same.
int TensorPlacer::next_owner(int64_t bytes) {
  const auto least = std::ranges::min_element(bytes_);
  *least += bytes;
  return static_cast<int>(least - bytes_.begin());
}

at::Tensor TensorPlacer::placed(const std::string& name, const at::Tensor& tensor,
                                at::ScalarType dtype) {
  const int owner = next_owner(static_cast<int64_t>(tensor.nbytes()));
  const auto options = at::TensorOptions()
                           .device(placement_.device == base::Device::cuda ? at::kCUDA : at::kCPU)
                           .dtype(dtype);
  at::Tensor here;
  if (owner == share_.index) {
    checkpoint::read_ahead(tensor);
    here = tensor.to(options).contiguous();
    own_.emplace_back(name, here);
  } else {
    here = at::empty(tensor.sizes(), options);
  }
  tensors_.push_back({.tensor = here, .owner = owner});
  return here;
}

void TensorPlacer::place(const NamedTensor& named) {
  *named.tensor = placed(named.name, take(named.name, named.shape),
                         named.linear != nullptr ? placement_.dtype : at::kFloat);
  if (named.linear != nullptr) named.linear->slot = next_slot();
}

void TensorPlacer::check_all_used(const std::function<bool(const std::string& name)>& is_ignored,
                                  const std::string& kind) const {
  for (const auto& [name, tensor] : weights_) {
    if (used_.contains(name) || is_ignored(name)) continue;
    const bool adapter = name.find("lora_") != std::string::npos ||
                         name.find("base_layer") != std::string::npos ||
                         name.find("modules_to_save") != std::string::npos;
    base::check(!adapter,
                "tensor {} is of an adapter that was not merged into the model, save it after "
                "merge_and_unload()",
                name);
    base::fail(
        "tensor {} has no place in the {} that config.json describes (leaving it out would change "
        "the numbers), use the weights and config.json of one {}",
        name, kind, kind);
  }
}

void TensorPlacer::check_values(int threads) const {
  tensor::share(threads, static_cast<int>(own_.size()), [this](int i) {
    const auto& [name, tensor] = own_[static_cast<size_t>(i)];
    check_finite(name, tensor);
  });
}

void check_device(Placement placement) {
  base::check(placement.device == base::Device::cpu || at::hasCUDA(),
              "no CUDA device was found (device cuda was asked for), use --device cpu");
  if (placement.device == base::Device::cuda) tensor::use_gpu();
}

void in_folder(const std::filesystem::path& folder, const std::function<void()>& load) {
  try {
    load();
  } catch (const base::Error& error) {
    const std::string text = error.what();
    if (text.find(folder.string()) != std::string::npos) throw;
    base::fail("{}: {}", folder.string(), text);
  }
}

checkpoint::Tensors read_weights_as(const std::filesystem::path& folder,
                                    checkpoint::Conversion conversion, std::string& origin) {
  origin = checkpoint::identity(folder);
  const checkpoint::Tensors weights = checkpoint::read_model_weights(folder, conversion);
  if (checkpoint::identity(folder) != origin)  // its values would be known by other files' identity
    throw base::Interrupted(base::format(
        "{}: its weights were replaced while they were opened, run the same command to go on",
        folder.string()));
  return checkpoint::in_dtype(weights, conversion, origin);
}

}  // namespace lorahub::model
