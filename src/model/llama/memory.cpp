#include "model/llama/memory.hpp"

#include <algorithm>
#include <cmath>

#include "model/adapted_linear.hpp"
#include "model/output_head.hpp"

namespace lorahub::model::llama {
namespace {

constexpr double kFloat = 4;  // bytes

}  // namespace

LlamaMemory::LlamaMemory(const LlamaConfig& c)
    : d_(static_cast<double>(c.d_model)),
      q_(static_cast<double>(c.q_width())),
      kv_(static_cast<double>(c.kv_width())),
      ff_(static_cast<double>(c.d_ff)),
      heads_(static_cast<double>(c.heads)),
      vocabulary_(static_cast<double>(c.vocabulary)),
      layers_(static_cast<double>(c.layers)),
      heads_of_its_own_(c.tied ? 0 : 1) {}

double LlamaMemory::linear_values() const { return layers_ * d_ * (2 * q_ + 2 * kv_ + 3 * ff_); }

double LlamaMemory::weights() const {
  return linear_values() + (1 + heads_of_its_own_) * vocabulary_ * d_;
}

double LlamaMemory::adapted_layers() const { return 2 * layers_; }

double LlamaMemory::module_values(double rank) const {  // q and v of every layer
  return layers_ * rank * (2 * d_ + q_ + kv_);
}

// Cosines and sines of a sequence's positions, at most as wide as the queries.
double LlamaMemory::position_bias(double longest) const { return kFloat * longest * q_ / heads_; }

// Rows in a block: residual stream, normed, queries, keys, values, what they see; or the
// feed-forward's two hidden ones.
double LlamaMemory::block(double rows) const {
  return rows * (2 * d_ + std::max(2 * q_ + 4 * kv_ + q_, 2 * ff_));
}

double LlamaMemory::logits(double rows) const { return 3 * kFloat * rows * vocabulary_; }

double LlamaMemory::losses(const RowSums& rows, double population, bool on_cpu) const {
  const double all = rows.sum + rows.target_sum;
  const double together =
      on_cpu ? std::clamp(std::floor(static_cast<double>(kRowsAtOnce) / all), 1.0, population)
             : population;
  const double begun = all * (2 * d_ + q_ + 2 * kv_);
  const double targets = 2 * population * rows.target_sum * d_;
  return kFloat * (begun + targets + block(together * all)) +
         logits(std::min<double>(kLogitRows, population * rows.target_sum)) +
         rows.rows * position_bias(rows.longest + rows.target_longest);
}

// reference.cpp: sequences padded to the longest, all scores of a layer, and its mask.
double LlamaMemory::reference_losses(const RowSums& batch) const {
  const double longest = batch.longest + batch.target_longest;
  const double places = batch.rows * longest;
  const double scores = batch.rows * heads_ * longest * longest;
  const double rows = places * (4 * d_ + 6 * q_ + 2 * kv_ + 3 * ff_);
  return kFloat * (3 * scores + rows + 2 * longest * longest) + logits(batch.target_sum);
}

// A reference pass whose intermediate results are kept for the gradient: each layer's activations,
// and its scores before and behind dropout.
double LlamaMemory::training(const RowSums& batch, const TrainingPass& pass) const {
  const double longest = batch.longest + batch.target_longest;
  const double scores = batch.rows * heads_ * longest * longest * (pass.drops ? 2 : 1);
  const double row = 6 * d_ + 8 * q_ + 3 * kv_ + 4 * ff_;
  const double gradients = pass.all_weights ? weights() : 0;  // of a tile
  const double head = pass.wide_head ? vocabulary_ * d_ : 0;
  return kFloat * (layers_ * (scores + batch.rows * longest * row) + gradients + head) +
         logits(batch.target_sum) + reference_losses(batch);
}

// The pass over the prompts, and the keys and values of all layers.
double LlamaMemory::answers(const RowSums& rows, double tokens, bool /*on_cpu*/) const {
  const double caches = 2 * kFloat * rows.rows * kv_ * layers_ * (rows.longest + tokens);
  return caches + kFloat * block(rows.sum) + logits(rows.rows) +
         rows.rows * position_bias(rows.longest + tokens);
}

double LlamaMemory::options(const RowSums& rows, bool on_cpu) const {
  return losses(rows, 1, on_cpu);
}

// Inputs and outputs of all linear layers but the last block's, in which only target rows ask.
double LlamaMemory::trajectory(double source, double target) const {
  const double rows = source + target;
  const double asking = d_ + q_ + q_ + d_ + d_ + 2 * ff_ + ff_ + d_;
  return kFloat *
         ((layers_ - 1) * rows * (asking + 2 * kv_) + target * asking + rows * (d_ + 2 * kv_));
}

}  // namespace lorahub::model::llama
