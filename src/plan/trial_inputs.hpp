// What is known of a trial without a model in memory: its rows, their tokens, and how its work is
// cut.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "model/tokens.hpp"
#include "search/population.hpp"
#include "study/study.hpp"
#include "task/task.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::plan {

// What the shape of a trial's tiles depends on. `sources` are the tokens of each shot's input.
struct Cut {
  std::vector<size_t> sources;
  int generation = 1;  // candidates asked for at once
  base::Device device = base::Device::cpu;
};
// A tile has as many candidates as fill it, split evenly over a generation. Its shape depends on
// the trial and the kind of device alone, and so do the bits of the losses.
search::TileShape tile_shape(const Cut& cut);
// The same for losses outside a trial: a core computes one candidate at a time.
search::TileShape tile_shape_alone(const Cut& cut);

// Candidates that a trial of N modules asks for at once.
int generation_size(const study::Trial& trial, int modules);

struct TrialInputs {
  study::Trial trial;
  task::Task task;
  std::vector<model::Tokens> pairs;  // the shots as tokens, [K]
  std::vector<std::string> prompts;  // of the test rows
  // Names of all candidates until a rank has loaded the trial; from then on, the names of those
  // that `retrieve` has kept, [N]. Empty for a method without modules.
  std::vector<std::string> modules;
  std::shared_ptr<const text::Tokenizer> tokenizer;

  search::TileShape tile_shape(base::Device device) const;
  size_t batches() const;         // of test rows that are answered together
  std::string rows_hash() const;  // of shots and test rows
};

// Tokenizers by model, each read once. Several threads may use it.
class Tokenizers {
 public:
  std::shared_ptr<const text::Tokenizer> of(const std::string& model);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const text::Tokenizer>> by_model_;
};

TrialInputs trial_inputs(const study::Trial& trial, Tokenizers& tokenizers);

// How many of the candidates `retrieve` leaves.
int kept_count(const study::Trial& trial, int candidates);

// Evaluations that `retrieve` takes before the search: each candidate alone (probe), or w = 0 with
// its gradient (slope). 0 where it takes none, and where all candidates are kept.
int probe_count(const study::Trial& trial, int candidates);
// Of these, backward passes over the shots.
int probe_backwards(const study::Trial& trial, int candidates);

// The names of a trial's candidates: those that it names, or those drawn from its library.
std::vector<std::string> module_names(const study::Trial& trial);

}  // namespace lorahub::plan
