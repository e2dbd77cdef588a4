#include "model/t5/memory.hpp"

#include <algorithm>
#include <cmath>

#include "model/t5/delta_layers.hpp"
#include "model/t5/layers.hpp"

namespace lorahub::model::t5 {
namespace {

constexpr double kFloat = 4;  // bytes

}  // namespace

T5Memory::T5Memory(const T5Config& c)
    : config_(c),
      d_(static_cast<double>(c.d_model)),
      inner_(static_cast<double>(c.inner())),
      ff_(static_cast<double>(c.d_ff)),
      hidden_(c.gated ? 2 * ff_ : ff_),
      heads_(static_cast<double>(c.heads)),
      vocabulary_(static_cast<double>(c.vocabulary)),
      encoder_(static_cast<double>(c.encoder_layers)),
      decoder_(static_cast<double>(c.decoder_layers)) {}

double T5Memory::transposed_weights() const {
  return encoder_ * (4 * d_ * inner_ + d_ * (hidden_ + ff_));
}

double T5Memory::weights() const {
  return transposed_weights() + decoder_ * (8 * d_ * inner_ + d_ * (hidden_ + ff_)) +
         2 * vocabulary_ * d_;
}

double T5Memory::adapted_layers() const {  // q and v of every attention
  return 2 * encoder_ + 4 * decoder_;
}

double T5Memory::module_values(double rank) const {
  return adapted_layers() * rank * (d_ + inner_);
}

double T5Memory::position_bias(double longest) const { return kFloat * heads_ * longest * longest; }

// The encoder's pass over rows by `population` candidates: rows in residual stream, normed,
// queries, keys, values, what they see, and the feed-forward's hidden ones; where the population is
// computed in parts, the parts' results and then these side by side.
double T5Memory::encoding(const RowSums& rows, double population, bool on_cpu) const {
  const double together =
      on_cpu ? std::clamp(std::floor(static_cast<double>(kRowsAtOnce) / rows.sum), 1.0, population)
             : population;
  const double begun = rows.sum * (2 * d_ + 3 * inner_);
  const double block = together * rows.sum * (2 * d_ + 4 * inner_ + std::max(hidden_, 3 * inner_));
  const double parts = together < population ? population * rows.sum * d_ : 0;
  return kFloat * (begun + std::max(block + parts, 2 * parts));
}

double T5Memory::decoding(const RowSums& rows, double population) const {
  const double block = population * rows.target_sum * (3 * d_ + 4 * inner_ + hidden_);
  const double projected = 4 * population * rows.sum * inner_;
  const double absorbed =
      population * (4 * heads_ * rows.target_sum * d_ + 2 * heads_ * rows.scores / rows.rows);
  const double one = std::min(projected, absorbed);
  return kFloat * (population * rows.sum * d_ + block + one);
}

double T5Memory::logits(double rows) const { return 3 * kFloat * rows * vocabulary_; }

double T5Memory::losses(const RowSums& rows, double population, bool on_cpu) const {
  return std::max(encoding(rows, population, on_cpu),
                  decoding(rows, population) +
                      logits(std::min<double>(kLogitRows, population * rows.target_sum)));
}

// reference.cpp: rows padded to the longest, all scores of a layer, mask and bias for each.
double T5Memory::reference_losses(const RowSums& batch) const {
  const double places = batch.rows * batch.longest;
  const double scores = batch.rows * heads_ * batch.longest * batch.longest;
  const double rows = places * (4 * d_ + 4 * inner_ + hidden_ + ff_);
  return kFloat * (3 * scores + rows) + logits(batch.target_sum) + position_bias(batch.longest);
}

// A reference pass whose intermediate results are kept for the gradient: each layer's activations,
// and its scores before and behind dropout.
double T5Memory::training(const RowSums& batch, const TrainingPass& pass) const {
  const auto layer = [&](double queries, double keys) {
    return batch.rows * heads_ * queries * keys * (pass.drops ? 2 : 1);
  };
  const double source = batch.rows * batch.longest, target = batch.rows * batch.target_longest;
  const double row = 6 * d_ + 4 * inner_ + 2 * hidden_ + ff_;
  const double encoder = encoder_ * (layer(batch.longest, batch.longest) + source * row);
  const double decoder = decoder_ * (layer(batch.target_longest, batch.target_longest) +
                                     layer(batch.target_longest, batch.longest) +
                                     target * (row + 3 * d_ + 3 * inner_) + source * 2 * inner_);
  const double gradients = pass.all_weights ? weights() : 0;  // of a tile
  const double head = pass.wide_head ? vocabulary_ * d_ : 0;
  return kFloat * (encoder + decoder + gradients + head) + logits(batch.target_sum) +
         reference_losses(batch);
}

// The encoder's pass, then the keys and values of all the decoder's layers.
double T5Memory::answers(const RowSums& rows, double tokens, bool on_cpu) const {
  const double keys = 2 * kFloat * rows.rows * inner_ * decoder_;
  const double writing =
      keys * (rows.longest + tokens) + logits(rows.rows) + kFloat * rows.sum * d_;
  return position_bias(rows.longest) + std::max(encoding(rows, 1, on_cpu), writing);
}

double T5Memory::options(const RowSums& rows, bool on_cpu) const {
  return position_bias(rows.longest) + encoding(rows, 1, on_cpu) + decoding(rows, 1);
}

double T5Memory::narrow_weights() const { return narrow_values(config_); }

double T5Memory::trajectory(double source, double target) const {
  return trajectory_bytes(config_, source, target);
}

}  // namespace lorahub::model::t5
