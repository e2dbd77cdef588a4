// A training, step by step. Its state after n steps depends on what it was given alone: going on
// from a checkpoint gives the same bits as never having stopped.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "model/tokens.hpp"
#include "train/adamw.hpp"
#include "train/batches.hpp"
#include "train/gradients.hpp"

namespace lorahub::train {

struct Settings {
  size_t batch = 10;        // examples whose gradient is taken together
  size_t batch_tokens = 0;  // Shuffle's
  int64_t accumulate = 1;   // batches a step
  AdamW rule;
  std::vector<RateFactor> factors;        // of the rate
  Rate rate;                              // its steps are the training's
  double clip = 0;                        // largest norm of the gradient; 0: any
  double model_dropout = 0, dropout = 0;  // T5's; LoRA's
  uint64_t seed = 1;
  int threads = 1;
};

// The course of a training with these settings: which rows its steps see.
RowOrder course(std::span<const model::Tokens> rows, const Settings& settings);

class Trainer {
 public:
  Trainer(Trainable what, std::vector<model::Tokens> rows, Settings settings);

  bool done() const { return steps() >= settings_.rate.steps; }
  // One step of the optimiser. Error when the loss is no longer finite.
  void step();

  int64_t steps() const { return static_cast<int64_t>(losses_.size()); }
  const Trainable& trainable() const { return what_; }
  const std::vector<double>& losses() const { return losses_; }  // of each step, mean over tokens
  const std::vector<model::Tokens>& rows() const { return rows_; }
  std::vector<size_t> step_rows(int64_t step) const { return course_.rows(step); }  // of rows()

  // A file that holds all of the state; `identity` says of which training. load: false when there
  // is no file; Error when it is of another training.
  void save(const std::filesystem::path& file, const std::string& identity) const;
  bool load(const std::filesystem::path& file, const std::string& identity);

 private:
  Trainable what_;
  std::vector<model::Tokens> rows_;
  Settings settings_;
  Moments moments_;
  std::vector<double> losses_;
  mutable RowOrder course_;  // keeps what it has cut
  std::vector<double> factors_;
};

}  // namespace lorahub::train
