// A model as the rest of the program sees it, of whatever family: its weights, losses and answers.
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "model/adapter.hpp"
#include "model/architecture.hpp"
#include "model/tokens.hpp"
#include "tensor/dropout.hpp"
#include "tensor/matmul.hpp"

namespace lorahub::model {

// Examples as a pass reads them, on the model's device.
class Batch {
 public:
  virtual ~Batch() = default;
  // Adds up what Model::token_losses gives for each example's tokens: [P * K].
  virtual std::vector<double> sums(const at::Tensor& token_losses) const = 0;
};

// Makes batches of some examples. What depends on the lengths alone is made once for all of them.
class Batcher {
 public:
  virtual ~Batcher() = default;
  virtual std::unique_ptr<const Batch> batch(std::span<const Tokens> examples) const = 0;
};

class Model {
 public:
  virtual ~Model() = default;
  virtual const Architecture& architecture() const = 0;
  virtual base::Device device() const = 0;
  virtual at::ScalarType dtype() const = 0;  // of linear layers and embedding

  // The weights by their names in Hugging Face files; read back, they are this model. A tensor that
  // is tied to another has no name of its own.
  virtual std::map<std::string, at::Tensor> tensors() const = 0;
  // Bytes of the weights that a pass reads: all but an embedding, of which it reads some rows.
  virtual double bytes_of_a_pass() const = 0;
  // Whether a tensor of this name stays in f32 whatever the type of the model.
  virtual bool is_always_f32(const std::string& name) const = 0;
  // This model with some tensors replaced; the others are shared, ties stay.
  virtual std::shared_ptr<const Model> with(
      const std::map<std::string, at::Tensor>& replaced) const = 0;

  // Makes a batcher for subsets of these examples, which may be gone when it is used.
  virtual std::unique_ptr<const Batcher> batcher(std::span<const Tokens> examples) const = 0;
  // Cross entropy of each target token, in nats: [P * target rows], candidate-major, f32, on the
  // model's device, which the host does not wait for. Softmax in f32 whatever the compute dtype.
  virtual at::Tensor token_losses(const Adapter& adapter, const Batch& batch,
                                  const tensor::Products& by = tensor::exact()) const = 0;
  // Sums over each example's target tokens (the end token counts): [P * K]. Runs on the calling
  // thread alone.
  virtual std::vector<double> loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                        const tensor::Products& by = tensor::exact()) const = 0;
  // The same sums in the plainest form, for one candidate: [K], differentiable. The fast paths are
  // tested against it, and training differentiates it.
  virtual at::Tensor reference_loss_sums(const Adapter& adapter, std::span<const Tokens> examples,
                                         const tensor::Dropout& dropout = {}) const = 0;

  // Greedy answers: the ids up to and without the end token, for each prompt. One candidate; each
  // prompt may have scales of its own (of_rows). Ties go to the lowest id. A batch is computed
  // together.
  virtual std::vector<Ids> generate(const Adapter& adapter, std::span<const Ids> prompts,
                                    const AnswerLimit& limit) const = 0;
  // The same for each of P candidates side by side: [P * prompts], candidate-major. A candidate's
  // ids do not depend on those beside it.
  virtual std::vector<Ids> generate_each(const Adapter& adapter, std::span<const Ids> prompts,
                                         const AnswerLimit& limit) const = 0;

  // What the last block that reads the prompt (of the encoder where there is one) takes of the
  // prompt's last token, before the block's first norm: [d], f32, of one candidate.
  virtual at::Tensor prompt_state(const Adapter& adapter, const Ids& prompt) const = 0;

  // The layers that delta evaluation computes by the differences of their inputs.
  virtual std::vector<const tensor::Linear*> delta_layers() const = 0;
  // Whether a few inputs of these layers are far larger than the others, for which int8 has another
  // form (delta/delta.hpp).
  virtual bool has_outlying_inputs() const = 0;
};

}  // namespace lorahub::model
