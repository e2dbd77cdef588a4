// Evaluates a trained model on rows: loss and accuracy, by the fast paths.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "model/tokens.hpp"
#include "objective/objective.hpp"
#include "train/trainable.hpp"

namespace lorahub::train {

struct HeldOutEvaluation {
  double loss = 0;      // mean over target tokens, nats
  double accuracy = 0;  // percent, of at most kAnswered rows
};
inline constexpr size_t kAnswered = 200;

struct LengthLimits {
  int source_length = 0, target_length = 0;  // tokens, </s> included; the rest is cut off
};

class Evaluator {
 public:
  // Tokenizer and threads are those of `loaded`, which must outlive this; its model is not used.
  Evaluator(const objective::LoadedModel& loaded, LengthLimits lengths)
      : loaded_(loaded), lengths_(lengths) {}

  std::vector<model::Tokens> tokens(const std::vector<task::Example>& rows) const;
  // Cross-entropy sum of each pair; the bits do not depend on the threads.
  std::vector<double> loss_sums(const TrainedModel& trained,
                                std::span<const model::Tokens> pairs) const;
  // Greedy, of the first kAnswered rows.
  std::vector<std::string> answers(const TrainedModel& trained,
                                   const std::vector<task::Example>& rows) const;
  HeldOutEvaluation evaluate(const TrainedModel& trained,
                             const std::vector<task::Example>& rows) const;

 private:
  const objective::LoadedModel& loaded_;
  LengthLimits lengths_;
};

}  // namespace lorahub::train
