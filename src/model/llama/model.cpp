#include "model/llama/model.hpp"

#include "model/llama/architecture.hpp"
#include "model/llama/generate.hpp"
#include "model/llama/loss.hpp"
#include "model/llama/reference.hpp"

namespace lorahub::model::llama {
namespace {

class LlamaBatch : public model::Batch {
 public:
  explicit LlamaBatch(LossBatch batch) : batch_(std::move(batch)) {}
  const LossBatch& packed() const { return batch_; }
  std::vector<double> sums(const at::Tensor& token_losses) const override {
    return llama::sums(batch_, token_losses);
  }

 private:
  LossBatch batch_;
};

class LlamaBatcher : public Batcher {
 public:
  explicit LlamaBatcher(Network network) : network_(std::move(network)) {}
  std::unique_ptr<const model::Batch> batch(std::span<const Tokens> examples) const override {
    return std::make_unique<const LlamaBatch>(pack(network_, examples));
  }

 private:
  Network network_;  // shares the model's tensors
};

class LlamaModel : public Model {
 public:
  explicit LlamaModel(Network network);

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
                            const AnswerLimit& limit) const override;
  std::vector<Ids> generate_each(const Adapter& adapter, std::span<const Ids> prompts,
                                 const AnswerLimit& limit) const override;
  std::vector<const tensor::Linear*> delta_layers() const override;

 private:
  Network network_;
  std::shared_ptr<const LlamaArchitecture> architecture_;  // shared with models made by with()
};

LlamaModel::LlamaModel(Network network)
    : network_(std::move(network)),
      architecture_(std::make_shared<const LlamaArchitecture>(network_.config)) {}

base::Device LlamaModel::device() const {
  return network_.embedding.is_cuda() ? base::Device::cuda : base::Device::cpu;
}

std::map<std::string, at::Tensor> LlamaModel::tensors() const {
  Network view = network_;  // shares the tensors
  std::map<std::string, at::Tensor> all;
  for (const auto& [name, tensor] : named(view)) all.emplace(name, *tensor);
  return all;
}

double LlamaModel::bytes_of_a_pass() const {
  auto bytes = static_cast<double>(network_.lm_head.nbytes());
  for (const auto& [name, tensor] : tensors())
    if (name != kEmbedding && name != kHeadWeight) bytes += static_cast<double>(tensor.nbytes());
  return bytes;
}

bool LlamaModel::is_always_f32(const std::string& name) const {
  return name.find("norm") != std::string::npos || name.ends_with(".bias");
}

std::shared_ptr<const Model> LlamaModel::with(
    const std::map<std::string, at::Tensor>& replaced) const {
  auto changed = std::make_shared<LlamaModel>(*this);
  Network& network = changed->network_;
  const bool tied = network.has_tied_head();
  const auto places = named(network);
  for (const auto& [name, tensor] : replaced) *places.at(name) = tensor;
  if (tied) network.lm_head = network.embedding;
  return changed;
}

std::unique_ptr<const Batcher> LlamaModel::batcher(std::span<const Tokens> /*examples*/) const {
  return std::make_unique<const LlamaBatcher>(network_);
}

at::Tensor LlamaModel::token_losses(const Adapter& adapter, const model::Batch& batch,
                                    const tensor::Products& by) const {
  return llama::token_losses(network_, adapter, dynamic_cast<const LlamaBatch&>(batch).packed(),
                             by);
}

std::vector<double> LlamaModel::loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                          const tensor::Products& by) const {
  return llama::loss_sums(network_, adapter, examples, by);
}

at::Tensor LlamaModel::reference_loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                           const tensor::Dropout& dropout) const {
  return reference::loss_sums(network_, adapter, examples, dropout);
}

std::vector<Ids> LlamaModel::generate(const Adapter& adapter, std::span<const Ids> prompts,
                                      const AnswerLimit& limit) const {
  return llama::generate(network_, adapter, prompts, limit);
}

std::vector<Ids> LlamaModel::generate_each(const Adapter& adapter, std::span<const Ids> prompts,
                                           const AnswerLimit& limit) const {
  return llama::generate_each(network_, adapter, prompts, limit);
}

std::vector<const tensor::Linear*> LlamaModel::delta_layers() const {
  std::vector<const tensor::Linear*> all;
  for (const Block& block : network_.blocks)
    for (const BiasedLinear* layer :
         {&block.attention.q, &block.attention.k, &block.attention.v, &block.attention.o,
          &block.ff.gate, &block.ff.up, &block.ff.down})
      all.push_back(layer);
  return all;
}

}  // namespace

std::shared_ptr<const Model> as_model(Network network) {
  return std::make_shared<const LlamaModel>(std::move(network));
}

}  // namespace lorahub::model::llama
