#include "model/t5/model.hpp"

#include "model/t5/architecture.hpp"
#include "model/t5/delta_layers.hpp"
#include "model/t5/generate.hpp"
#include "model/t5/loss.hpp"
#include "model/t5/reference.hpp"
#include "model/t5/tensor_names.hpp"

namespace lorahub::model::t5 {
namespace {

class T5Batch : public model::Batch {
 public:
  explicit T5Batch(t5::LossBatch batch) : batch_(std::move(batch)) {}
  const t5::LossBatch& packed() const { return batch_; }
  std::vector<double> sums(const at::Tensor& token_losses) const override {
    return t5::sums(batch_, token_losses);
  }

 private:
  t5::LossBatch batch_;
};

class T5Batcher : public Batcher {
 public:
  T5Batcher(Network network, std::span<const Tokens> examples)
      : network_(std::move(network)), biases_(biases(network_, examples)) {}
  std::unique_ptr<const model::Batch> batch(std::span<const Tokens> examples) const override {
    return std::make_unique<const T5Batch>(pack(network_, examples, biases_));
  }

 private:
  Network network_;  // shares the model's tensors
  Biases biases_;
};

class T5Model : public Model {
 public:
  explicit T5Model(Network network);

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
  std::shared_ptr<const T5Architecture> architecture_;  // shared with models made by with()
};

T5Model::T5Model(Network network)
    : network_(std::move(network)),
      architecture_(std::make_shared<const T5Architecture>(network_.config)) {}

base::Device T5Model::device() const {
  return network_.embedding.is_cuda() ? base::Device::cuda : base::Device::cpu;
}

std::map<std::string, at::Tensor> T5Model::tensors() const {
  Network view = network_;  // shares the tensors
  std::map<std::string, at::Tensor> all;
  for (const auto& [name, tensor] : named(view)) all.emplace(name, *tensor);
  return all;
}

double T5Model::bytes_of_a_pass() const {
  auto bytes = static_cast<double>(network_.lm_head.nbytes());
  for (const auto& [name, tensor] : tensors())
    if (name != kShared && name != kEncoderEmbedding && name != kDecoderEmbedding &&
        name != kHeadWeight)
      bytes += static_cast<double>(tensor.nbytes());
  return bytes;
}

bool T5Model::is_always_f32(const std::string& name) const {
  return name.find("norm") != std::string::npos || name.find("bias") != std::string::npos;
}

std::shared_ptr<const Model> T5Model::with(
    const std::map<std::string, at::Tensor>& replaced) const {
  auto changed = std::make_shared<T5Model>(*this);
  const Ties tied = ties(changed->network_);
  const auto places = named(changed->network_);
  for (const auto& [name, tensor] : replaced) *places.at(name) = tensor;
  tie(changed->network_, tied);
  return changed;
}

std::unique_ptr<const Batcher> T5Model::batcher(std::span<const Tokens> examples) const {
  return std::make_unique<const T5Batcher>(network_, examples);
}

at::Tensor T5Model::token_losses(const Adapter& adapter, const model::Batch& batch,
                                 const tensor::Products& by) const {
  return t5::token_losses(network_, adapter, dynamic_cast<const T5Batch&>(batch).packed(), by);
}

std::vector<double> T5Model::loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                       const tensor::Products& by) const {
  return t5::loss_sums(network_, adapter, examples, by);
}

at::Tensor T5Model::reference_loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                        const tensor::Dropout& dropout) const {
  return reference::loss_sums(network_, adapter, examples, dropout);
}

std::vector<Ids> T5Model::generate(const Adapter& adapter, std::span<const Ids> prompts,
                                   const AnswerLimit& limit) const {
  return t5::generate(network_, adapter, prompts, limit);
}

std::vector<Ids> T5Model::generate_each(const Adapter& adapter, std::span<const Ids> prompts,
                                        const AnswerLimit& limit) const {
  return t5::generate_each(network_, adapter, prompts, limit);
}

std::vector<const tensor::Linear*> T5Model::delta_layers() const {
  return t5::delta_layers(network_);
}

}  // namespace

std::shared_ptr<const Model> as_model(Network network) {
  return std::make_shared<const T5Model>(std::move(network));
}

}  // namespace lorahub::model::t5
