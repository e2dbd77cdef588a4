// How far this machine's passes are from its own limit: composition, losses of a population and
// generation, each beside the rate of a plain matrix product measured right before.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "lora/pool.hpp"
#include "model/architecture.hpp"
#include "model/model.hpp"
#include "objective/rate.hpp"

namespace lorahub::bench {

// What is measured. Rates are FLOP per busy second (objective::busy_seconds) of one core; FLOP are
// those of real tokens (model::Architecture::forward_flop: keys and values of cross-attention
// projected; short targets are computed with up to 13 % fewer, so shares may pass 1); shares are of
// the matrix product's rate.
struct BenchSubject {
  const model::Model& model;
  const lora::Pool& pool;
  objective::Kernels kernels;
  double seconds = 60;  // the time to take; passes that would not fit are left out
  int repeats = 5;      // of each pass, at most
};

struct PassShape {
  int candidates = 1, examples = 5, source = 128, target = 8;  // P, K, tokens of each
};

struct MeasuredPass {
  PassShape shape;
  int repeats = 0;     // 0: the pass was left out, since it would have taken too long
  double flop = 0;     // of all candidates and examples
  double seconds = 0;  // wall clock, of the fastest repeat
  double rate = 0, share = 0;
  double bytes = 0;       // of weights and modules that the pass reads
  double base_speed = 0;  // with one candidate: its speed over that of the model without adapters
  std::map<std::string, double> phases;  // with one candidate: shares of its processor time; sum 1
};

struct CompositionTime {
  int candidates = 1;
  double seconds = 0;  // busy
  double bytes = 0;    // modules read, mixture written
};

struct BenchResult {
  double peak_f32 = 0, peak_bf16 = 0;  // FLOP/s of one core of `threads` at work
  std::vector<CompositionTime> compositions;
  std::vector<MeasuredPass> losses;
  MeasuredPass generation;           // of one batch of 10 prompts
  std::vector<MeasuredPass> chunks;  // one candidate, more and more rows computed together
  double weight_bytes = 0, module_bytes = 0;

  // FLOP/s of one core to expect of a search: the losses' median share of the peak.
  double expected_rate() const;
  // Rows computed together at the highest rate; 0 when none was measured.
  int best_rows() const;
};

// Runs all passes, in the precision of the model.
BenchResult bench(const BenchSubject& subject);

// flops_per_second of a file that `lorahub bench --json` wrote.
double read_rate(const std::string& file);

}  // namespace lorahub::bench
