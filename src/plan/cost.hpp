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
  // The same work as the requests that are handed out, in TFLOP. A pass that runs faster than its
  // TFLOP say (delta evaluation in int8) counts as fewer, so that all costs take time at one rate.
  SearchWork work;
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

// The rate of one thread (or GPU) that is assumed where no pass has been measured: half the rate of
// matrix products, which is measured now.
double usual_flops_per_second(base::Device device);

// Warnings, a sentence each: about shots of which a loss reads the beginning alone, and about
// answers that the model's window could end.
std::vector<std::string> cautions(const StudyCost& cost);

// How much of the nodes' memory the largest trial takes.
Need need(const StudyCost& cost, base::Device device);

}  // namespace lorahub::plan
