// A decoder-only model as the rest of the program sees it.
#pragma once
#include <memory>

#include "base/device.hpp"
#include "model/llama/architecture.hpp"
#include "model/llama/network.hpp"
#include "model/model.hpp"

namespace lorahub::model::llama {

class LlamaModel : public Model {
 public:
  explicit LlamaModel(Network network);
  const Network& network() const { return network_; }

  const Architecture& architecture() const override { return *architecture_; }
  base::Device device() const override;
  at::ScalarType dtype() const override { return network_.embedding.scalar_type(); }
  std::map<std::string, at::Tensor> tensors() const override;
  double bytes_of_a_pass() const override;
  bool is_always_f32(const std::string& name) const override;
  std::shared_ptr<const Model> with(
      const std::map<std::string, at::Tensor>& replaced) const override;
  std::unique_ptr<const Batcher> batcher(std::span<const Tokens> examples) const override;
  at::Tensor token_losses(const Adapter& adapter, const model::Batch& batch,
                          const tensor::Products& by) const override;
  std::vector<double> loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                const tensor::Products& by) const override;
  at::Tensor reference_loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                 const tensor::Dropout& dropout) const override;
  std::vector<Ids> generate(const Adapter& adapter, std::span<const Ids> prompts,
                            int max_tokens) const override;
  std::vector<Ids> generate_each(const Adapter& adapter, std::span<const Ids> prompts,
                                 int max_tokens) const override;
  std::vector<const tensor::Linear*> delta_layers() const override;

 private:
  Network network_;
  std::shared_ptr<const LlamaArchitecture> architecture_;  // shared with models made by with()
};

}  // namespace lorahub::model::llama
