#include "checkpoint/name_wrappers.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.hpp"

namespace lorahub::checkpoint {
namespace {

constexpr std::array kAnywhere = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
                                  "_forward_module"};
constexpr std::array kBefore = {"base_model", "model", "module", "transformer"};

// What decoder-only models keep under "model.", which is a wrapper elsewhere.
constexpr std::array<std::string_view, 3> kBodies = {"layers.", "embed_tokens.", "norm."};

bool is_one_of(const auto& words, const std::string& part) {
  return std::ranges::find(words, part) != words.end();
}

}  // namespace

std::string unwrapped(std::string_view name) {
  std::vector<std::string> kept;
  for (const std::string& part : base::split(name, '.')) {
    const bool wrapper = is_one_of(kAnywhere, part) || (kept.empty() && is_one_of(kBefore, part));
    if (!wrapper) kept.push_back(part);
  }
  const std::string plain = base::join(kept, ".");
  const bool is_body =
      std::ranges::any_of(kBodies, [&](std::string_view body) { return plain.starts_with(body); });
  return is_body ? base::format("model.{}", plain) : plain;
}

std::string empty_reason(const at::Tensor& tensor) {
  if (tensor.numel() > 0) return "";
  return "it holds no values: DeepSpeed ZeRO-3 and FSDP save that where a model is not gathered; "
         "convert the checkpoint with zero_to_fp32.py or save the whole state dict";
}

Tensors unwrapped(const Tensors& tensors, const std::filesystem::path& file) {
  Tensors result;
  std::map<std::string, std::string> names;  // as the file has them
  for (const auto& [name, tensor] : tensors) {
    const std::string reason = empty_reason(tensor);
    base::check(reason.empty(), "{}: tensor {} can't be used ({})", file.string(), name, reason);
    const std::string plain = unwrapped(name);
    const auto [other, fresh] = names.emplace(plain, name);
    base::check(fresh,
                "{}: tensors {} and {} are both {} without the wrappers in their names (which one "
                "is meant?), save the model again",
                file.string(), other->second, name, plain);
    result.emplace(plain, tensor);
  }
  return result;
}

}  // namespace lorahub::checkpoint
