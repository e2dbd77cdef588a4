#include "lora/base_weights.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.hpp"
#include "base/text.hpp"
#include "checkpoint/name_wrappers.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kValuesAtOnce = 1 << 20;  // of a comparison, which widens them

// Embeddings that one tensor may stand for.
constexpr std::array kEmbeddings = {"shared.weight", "model.embed_tokens.weight",
                                    "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"};

bool is_embedding(const std::string& name) { return std::ranges::count(kEmbeddings, name) > 0; }
bool is_head(const std::string& name) { return name == std::string(model::kHead) + ".weight"; }

// The tensor that the base model computes with under this name: a tied head is an embedding, and an
// embedding may have been saved under another name. Undefined where there is none.
at::Tensor tensor_of_base(const std::string& name, const BaseWeights& base) {
  const checkpoint::Tensors& tensors = base.tensors();
  const bool is_tied_head = is_head(name) && base.architecture().has_tied_head(tensors);
  const auto own = tensors.find(name);
  if (own != tensors.end() && !is_tied_head) return own->second;
  if (is_tied_head || is_embedding(name))
    for (const char* embedding : kEmbeddings)
      if (const auto found = tensors.find(embedding); found != tensors.end()) return found->second;
  return {};
}

struct ValueDifference {
  int64_t values = 0;  // that are not equal
  double largest = 0;
};

// Both of one shape. Values are compared as numbers, and where the first are of a narrower type,
// with those of the second in that type.
ValueDifference difference(const at::Tensor& one, const at::Tensor& other) {
  const bool is_narrower = one.element_size() < other.element_size();
  const at::Tensor a = one.reshape(-1), b = other.reshape(-1);
  ValueDifference all;
  for (int64_t first = 0; first < a.numel(); first += kValuesAtOnce) {
    const int64_t count = std::min(kValuesAtOnce, a.numel() - first);
    const at::Tensor x = a.narrow(0, first, count), y = b.narrow(0, first, count);
    const at::Tensor wide = x.to(at::kDouble);
    const at::Tensor wanted = (is_narrower ? y.to(x.scalar_type()) : y).to(at::kDouble);
    if (at::equal(wide, wanted)) continue;
    all.values += at::ne(wide, wanted).sum().item<int64_t>();
    const at::Tensor by = at::nan_to_num((wide - y.to(at::kDouble)).abs(), HUGE_VAL);
    all.largest = std::max(all.largest, by.max().item<double>());
  }
  return all;
}

void check_equal_to(const WholeTensor& whole, const at::Tensor& of_base) {
  base::check(whole.values.sizes() == of_base.sizes(),
              "module '{}': tensor {} has shape {}, and the base model's has {} (was it trained on "
              "another model?), choose a module made for this base",
              whole.module, whole.name, shape_text(whole.values.sizes()),
              shape_text(of_base.sizes()));
  base::check(at::isFloatingType(whole.values.scalar_type()),
              "module '{}': tensor {} has dtype {} (floating-point numbers are needed), convert it",
              whole.module, whole.name, at::toString(whole.values.scalar_type()));
  const ValueDifference found = difference(whole.values, of_base);
  base::check(found.values == 0,
              "module '{}': tensor {} differs from the base model's in {} of {} values, by up to "
              "{:.3g} (a mixture changes no whole tensor of the base), use an adapter that was "
              "trained without modules_to_save and biases",
              whole.module, whole.name, found.values, of_base.numel(), found.largest);
}

void check_kind(const WholeTensor& whole) {
  for (const char* of_another :
       {"lora_magnitude_vector", "ia3_l", "hada_w", "lokr_w", "vera_lambda", "prompt_embeddings"})
    base::check(whole.name.find(of_another) == std::string::npos,
                "module '{}': tensor {} is of another kind of adapter than LoRA ({}; leaving it "
                "out would change the numbers), use a plain LoRA adapter",
                whole.module, whole.name, of_another);
}

void check_vocabulary(const WholeTensor& whole, const std::string& name, int64_t vocabulary) {
  if (whole.values.dim() != 2 || !(is_embedding(name) || is_head(name))) return;
  base::check(whole.values.size(0) == vocabulary,
              "module '{}': tensor {} is a whole layer of a resized vocabulary ({} tokens, the "
              "base model has {}; no mixture changes an embedding), use an adapter that was "
              "trained without new tokens",
              whole.module, whole.name, whole.values.size(0), vocabulary);
}

}  // namespace

BaseWeights::BaseWeights(const model::Architecture& architecture, fs::path folder)
    : architecture_(architecture), folder_(std::move(folder)) {}

const checkpoint::Tensors& BaseWeights::tensors() const {
  const std::lock_guard lock(mutex_);
  if (!tensors_) tensors_ = checkpoint::read_model_weights(folder_);
  return *tensors_;
}

std::string name_in_base(const std::string& name) {
  const std::vector<std::string> parts = base::split(checkpoint::unwrapped(name), '.');
  std::vector<std::string> kept;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool is_saved = parts[i] == "modules_to_save";
    if (is_saved && i + 2 < parts.size()) ++i;  // the adapter's name follows
    if (!is_saved && parts[i] != "base_layer" && parts[i] != "original_module")
      kept.push_back(parts[i]);
  }
  return base::join(kept, ".");
}

std::string shape_text(at::IntArrayRef sizes) {
  std::vector<std::string> words;
  for (const int64_t size : sizes) words.push_back(std::to_string(size));
  return base::format("[{}]", base::join(words, ", "));
}

void check_is_of_base(const WholeTensor& whole, const BaseWeights& base) {
  const std::string name = name_in_base(whole.name);
  check_kind(whole);
  check_vocabulary(whole, name, base.architecture().vocabulary());
  base::check(base.has_files(),
              "module '{}': tensor {} is no LoRA factor, and the files of the base model are not "
              "at hand (whether it equals the base model's can't be told), save the adapter again "
              "with save_embedding_layers=False and without modules_to_save and biases",
              whole.module, whole.name);
  const at::Tensor of_base = tensor_of_base(name, base);
  const bool is_bias = name.ends_with(".bias");  // without one a layer adds zero
  base::check(of_base.defined() || is_bias,
              "module '{}': tensor {} is neither a LoRA factor of a linear layer nor a tensor of "
              "the base model (leaving it out would change the numbers), use a plain LoRA adapter",
              whole.module, whole.name);
  check_equal_to(whole, of_base.defined() ? of_base : at::zeros_like(whole.values));
}

}  // namespace lorahub::lora
