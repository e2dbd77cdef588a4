// What a study costs, without loading a model: sizes from config.json, tokens from the tokenizer
// where it is there.
#pragma once
#include <vector>

#include "base/device.hpp"
#include "plan/lengths.hpp"
#include "plan/makespan.hpp"
#include "plan/memory_check.hpp"
#include "study/study.hpp"

namespace lorahub::plan {

struct Cost {
  long evaluations = 0;
  long example_forwards = 0;  // (candidate, example) pairs of the search
  double tokens = 0;          // source and target tokens, search and answers
  double tflop = 0;           // a multiply-add counts two; the formulas are in cost.cpp
  SearchWork work;            // the same, as it is handed out, in TFLOP of the time they take
};

struct StudyCost {
  std::vector<Cost> trials;       // as in the study
  double memory_bytes = 0;        // of a rank, by the largest trial: weights, modules, activations
  double shared_bytes = 0;        // the part of it that the ranks of a node hold once, on CPUs
  std::string largest;            // the label of the largest trial
  CutShots cut;                   // shots that are cut, of all trials with a loss
  ShortAnswers answers;           // that the model's window could end, of all trials
  Prediction prediction;          // on `ranks` ranks of one core each, at `flops_per_second`
  double flops_per_second = 0;    // of one rank: as given, or half the matrix rate measured now
  bool tokens_estimated = false;  // there is no tokenizer, so a token counts as 3.5 bytes
};

struct Resources {
  int ranks = 1;
  int trials_of_a_rank = 1;     // at the same time
  int threads = 1;              // of a rank
  int groups = 0;               // 0: the number that ends first
  double flops_per_second = 0;  // of a rank, as `lorahub bench` measured it; 0: not measured
  base::Device device = base::Device::cpu;
  Reads reads = Reads::shots_and_prompts;
};
// Error for what `run` would refuse: a setting, a row of more than task.max_input tokens.
StudyCost cost(const std::vector<study::Trial>& trials, const Resources& resources);

// Of one thread (or GPU), where no pass has been measured: half the matrix rate, measured now.
double usual_flops_per_second(base::Device device);

// What a loss or an answer of the study does not read or write whole, a sentence each.
std::vector<std::string> cautions(const StudyCost& cost);

// How much of the nodes' memory the largest trial takes.
Need need(const StudyCost& cost, base::Device device);

}  // namespace lorahub::plan
