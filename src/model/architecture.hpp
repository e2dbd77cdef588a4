// What a model is by its config.json alone: enough to read adapters for it, to plan, and to price a
// run without its weights.
#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/linear_info.hpp"

namespace lorahub::model {

// One example for a count of operations: the numbers of its source and target tokens, and the rank
// of an adapter on the layers that LoRA adapts by default (0: none).
struct PassSize {
  double source = 0, target = 0, rank = 0;
};

// The lengths, in tokens, of rows that are computed together: how many rows, the longest, the sum
// of all; and the sum of source times target.
struct RowSums {
  double rows = 0, longest = 0, sum = 0;                  // sources
  double target_longest = 0, target_sum = 0, scores = 0;  // targets
  void add(double source, double target);
};

// How a training computes: what it must keep for its gradient.
struct TrainingPass {
  bool drops = false;        // dropout is at work
  bool all_weights = false;  // every weight has a gradient
  bool wide_head = false;    // the head is copied in f32, since the model is narrower
};

// The memory in bytes that passes of a model take, and the numbers of its weights. Each term
// follows the code that allocates it, in the folder of the family.
class MemoryTerms {
 public:
  virtual ~MemoryTerms() = default;
  virtual double weights() const = 0;  // how many
  virtual double transposed_weights()
      const = 0;  // of them, those that a kernel may copy transposed
  virtual double module_values(double rank) const = 0;  // of a module of the usual layers
  virtual double adapted_layers() const = 0;            // how many those layers are
  virtual double position_bias(double longest) const = 0;
  // Losses of `population` candidates on the rows, beside their adapters.
  virtual double losses(const RowSums& rows, double population, bool on_cpu) const = 0;
  virtual double reference_losses(const RowSums& rows) const = 0;
  virtual double training(const RowSums& rows, const TrainingPass& pass) const = 0;
  // Greedy answers of at most so many tokens; likelihoods of options that one prompt lists.
  virtual double answers(const RowSums& rows, double tokens, bool on_cpu) const = 0;
  virtual double options(const RowSums& rows, bool on_cpu) const = 0;
  // What delta evaluation keeps: weights in a narrow type, and a recorded pass over an example for
  // each run of a search.
  virtual double narrow_weights() const = 0;
  virtual double trajectory(double source, double target) const = 0;
};

// What PEFT's files say of adapters of this family.
struct PeftWords {
  std::string task_type;  // "SEQ_2_SEQ_LM"
  // Last parts of the names of the layers that LoRA adapts where nothing else is asked for.
  std::vector<std::string> lora_targets;
  // Last parts of the names of the layers whose outputs, or inputs, (IA)^3 scales.
  std::vector<std::string> ia3_outputs, ia3_inputs;
};

class Architecture {
 public:
  virtual ~Architecture() = default;
  // The linear layers that may be adapted, by slot. The head is the last; an adapter of it leaves a
  // tied embedding alone.
  virtual const std::vector<LinearInfo>& linears() const = 0;
  // The slot of the query projection in the last block that reads the prompt: of the encoder where
  // there is one.
  virtual int last_query_slot() const = 0;
  // Whether an encoder reads the source and a decoder the target; else the decoder reads both as
  // one text.
  virtual bool has_encoder() const = 0;
  virtual int64_t vocabulary() const = 0;  // rows of the embedding
  virtual int64_t end_token() const = 0;
  // The most tokens of a prompt with its answer; 0: any number.
  virtual int64_t window() const = 0;
  virtual double dropout() const = 0;  // of training, as config.json has it
  virtual const PeftWords& peft() const = 0;
  // Whether a model of these tensors (as its file has them) computes its head from an embedding.
  virtual bool has_tied_head(const std::map<std::string, at::Tensor>& tensors) const = 0;
  // The size of this layer's outputs relative to that of most layers, for random modules: 1, or
  // less where the network expects smaller ones (T5 does not scale its attention scores, so its
  // queries are small).
  virtual double output_scale(const LinearInfo& linear) const = 0;
  virtual double forward_flop(const PassSize& size) const = 0;  // a multiply-add counts two
  virtual const MemoryTerms& memory() const = 0;
};

// The last slot whose layer's name begins and ends so.
int last_slot(const std::vector<LinearInfo>& linears, std::string_view begin, std::string_view end);

}  // namespace lorahub::model
