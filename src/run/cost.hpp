// What a study costs, without loading a model: sizes from config.json, tokens from the tokenizer
// where it is there.
#pragma once
#include <vector>

#include "run/makespan.hpp"
#include "study/study.hpp"
#include "t5/network.hpp"

namespace lorahub::run {

struct Cost {
  long evaluations = 0;
  long example_forwards = 0;  // (candidate, example) pairs of the search
  double tokens = 0;          // source and target tokens, search and answers
  double tflop = 0;           // multiply-adds count two; formulas: cost.cpp
  Work work;                  // the same, as it is handed out, in TFLOP of the time they take
};

struct StudyCost {
  std::vector<Cost> trials;  // as in the study
  double memory_bytes = 0;   // of a rank: weights, modules, a tile's activations; the largest trial
  double shared_bytes = 0;   // the part of it that the ranks of a node hold once, on CPUs
  Prediction prediction;     // on `ranks` ranks of one core each, at `flops_per_second`
  double flops_per_second = 0;    // of one rank: as given, or half the matrix rate measured now
  bool tokens_estimated = false;  // no tokenizer at hand: 3.5 bytes a token
};

struct Resources {
  int ranks = 1;
  int trials_of_a_rank = 1;     // at the same time
  int groups = 0;               // 0: as many as end first
  double flops_per_second = 0;  // of a rank, as `lorahub bench` measured it; 0: not measured
  t5::Device device = t5::Device::cpu;
};
StudyCost cost(const std::vector<study::Trial>& trials, const Resources& resources);

}  // namespace lorahub::run
