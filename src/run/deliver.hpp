// What a search found, written for others: a PEFT adapter or a merged model, with its card.
#pragma once
#include <filesystem>

#include "lora/claim.hpp"
#include "lora/write_mixture.hpp"
#include "objective/objective.hpp"

namespace lorahub::run {

struct Output {
  std::filesystem::path folder;
  std::string rows;  // the file of the examples, for the card
  int64_t rank = 0;  // of the adapter to be written, as in lora::Mixture
  lora::WrittenForm form = lora::WrittenForm::adapter;
  lora::Force force = lora::Force::no;  // whether a folder that exists is replaced
};

struct Solution {
  const study::Trial& trial;
  const task::Task& task;
  const lora::Pool& pool;
  std::vector<double> weights;  // [N]
  double loss = 0;              // of the weights, by the trial's loss and penalty
  double zero_loss = 0;         // at w = 0, likewise
  int evaluations = 0;
  int loss_batch = 0;  // examples of a batch, as in objective::LossRule
};

struct Delivered {
  lora::Written written;
  // Of the adapter as written; it differs from the search's where the rank was cut. Where a program
  // is asked for losses, it is the search's.
  double loss = 0;
};

// Writes adapter or model and README.md: recipe, losses, the shots' hash and a self-test.
Delivered deliver(const objective::LoadedModel& loaded, const Solution& solution,
                  const Output& output);

}  // namespace lorahub::run
