// The Model of a family. What a family says by itself stands in a struct (its `Family`): its types,
// its functions, and the names that mean something in it. All else is the same for every family.
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/model.hpp"

namespace lorahub::model {

// Examples as the passes of a family read them.
template <class Family>
class FamilyBatch : public Batch {
 public:
  using LossBatch = typename Family::LossBatch;
  explicit FamilyBatch(LossBatch batch) : batch_(std::move(batch)) {}
  const LossBatch& packed() const { return batch_; }
  std::vector<double> sums(const at::Tensor& token_losses) const override {
    return Family::sums(batch_, token_losses);
  }

 private:
  LossBatch batch_;
};

template <class Family>
class FamilyModel : public Model {
 public:
  using Network = typename Family::Network;
  explicit FamilyModel(Network network)
      : network_(std::move(network)),
        architecture_(std::make_shared<const typename Family::Architecture>(network_.config)) {}

  const Architecture& architecture() const override { return *architecture_; }
  base::Device device() const override {
    return network_.embedding.is_cuda() ? base::Device::cuda : base::Device::cpu;
  }
  at::ScalarType dtype() const override { return network_.embedding.scalar_type(); }

  std::map<std::string, at::Tensor> tensors() const override {
    Network view = network_;  // shares the tensors
    std::map<std::string, at::Tensor> all;
    for (const auto& [name, tensor] : Family::named(view)) all.emplace(name, *tensor);
    return all;
  }
  double bytes_of_a_pass() const override {
    auto bytes = static_cast<double>(network_.lm_head.nbytes());
    for (const auto& [name, tensor] : tensors())
      if (!Family::is_embedding_or_head(name)) bytes += static_cast<double>(tensor.nbytes());
    return bytes;
  }
  bool is_always_f32(const std::string& name) const override { return Family::is_always_f32(name); }
  std::shared_ptr<const Model> with(
      const std::map<std::string, at::Tensor>& replaced) const override {
    auto changed = std::make_shared<FamilyModel>(*this);
    Family::replace(changed->network_, replaced);
    return changed;
  }

  std::unique_ptr<const Batcher> batcher(std::span<const Tokens> examples) const override {
    return std::make_unique<const typename Family::Batcher>(network_, examples);
  }
  at::Tensor token_losses(const Adapter& adapter, const Batch& batch,
                          const tensor::Products& by) const override {
    const auto& packed = dynamic_cast<const FamilyBatch<Family>&>(batch).packed();
    return Family::token_losses(network_, adapter, packed, by);
  }
  std::vector<double> loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                const tensor::Products& by) const override {
    return Family::loss_sums(network_, adapter, examples, by);
  }
  at::Tensor reference_loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                 const tensor::Dropout& dropout) const override {
    return Family::reference_loss_sums(network_, adapter, examples, dropout);
  }
  std::vector<Ids> generate(const Adapter& adapter, std::span<const Ids> prompts,
                            const AnswerLimit& limit) const override {
    return Family::generate(network_, adapter, prompts, limit);
  }
  std::vector<Ids> generate_each(const Adapter& adapter, std::span<const Ids> prompts,
                                 const AnswerLimit& limit) const override {
    return Family::generate_each(network_, adapter, prompts, limit);
  }
  at::Tensor prompt_state(const Adapter& adapter, const Ids& prompt) const override {
    return Family::prompt_state(network_, adapter, prompt);
  }
  std::vector<const tensor::Linear*> delta_layers() const override {
    return Family::delta_layers(network_);
  }
  bool has_outlying_inputs() const override { return Family::kHasOutlyingInputs; }

 private:
  Network network_;
  std::shared_ptr<const Architecture> architecture_;  // shared with models made by with()
};

}  // namespace lorahub::model
