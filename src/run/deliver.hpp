// What a search found, written for others: a PEFT adapter or a merged model, with its card.
#pragma once
#include <filesystem>

#include "lora/claim.hpp"
#include "lora/write_mixture.hpp"
#include "objective/objective.hpp"
#include "run/contest.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::run {

// Whether the card holds the first example, as a self-test.
enum class FirstExample { in_card, kept_private };

struct Output {
  std::filesystem::path folder;
  std::string rows;  // the file of the examples, for the card
  int64_t rank = 0;  // of the adapter to be written, as in lora::Mixture
  lora::WrittenForm form = lora::WrittenForm::adapter;
  lora::Force force = lora::Force::no;  // whether a folder that exists is replaced
  std::string base =
      {};  // the base's name for others; "": where it lies here, or its published one
  FirstExample first_example = FirstExample::in_card;
};

// What the adapter's configuration and card call its base.
std::string base_name(const Output& output, const study::Trial& trial);

// The search in words: "cma", "official", ..., "gradient (bfgs)".
std::string search_name(const study::Trial& trial);

struct Solution {
  const study::Trial& trial;
  const task::Task& task;
  const lora::Pool& pool;
  std::vector<double> weights;  // [N]
  const Contest& contest;       // of the answer with what it is compared with
  int evaluations = 0;
  int loss_batch = 0;  // examples of a batch, as in objective::LossRule
  std::string recipe;  // as in lora::ModuleCard
};

struct Delivered {
  lora::Written written;
  // The loss of the adapter as it was written, without the penalty. It differs from the loss of the
  // contest's answer where the rank was cut. With `loss: ask` the program is not asked again, and
  // this is the loss of the contest's answer.
  double loss = 0;
};

// Writes adapter or model and README.md: recipe, losses, the shots' hash and a self-test.
Delivered deliver(const objective::LoadedModel& loaded, const Solution& solution,
                  const Output& output);

}  // namespace lorahub::run
