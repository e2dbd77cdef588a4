// What a study costs, without loading a model: sizes from config.json, tokens from the tokenizer
// where it is there.
#pragma once
#include <vector>

#include "study/study.hpp"

namespace lorahub::run {

struct Cost {
  long evaluations = 0;
  long example_forwards = 0;  // (candidate, example) pairs of the search
  double tokens = 0;          // source and target tokens, search and answers
  double tflop = 0;           // multiply-adds count two; formulas: cost.cpp
};

struct StudyCost {
  std::vector<Cost> trials;  // as in the study
  double memory_bytes =
      0;  // per rank: weights, modules of a trial, activations of a tile; the largest trial
  double seconds = 0;             // on `ranks` ranks of one core each, at `flops_per_second`
  double flops_per_second = 0;    // of one rank: half the matrix product rate measured now
  bool tokens_estimated = false;  // no tokenizer at hand: 3.5 bytes a token
};

StudyCost cost(const study::Study& study, int ranks);

}  // namespace lorahub::run
