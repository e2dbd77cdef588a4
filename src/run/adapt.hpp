// Few examples in, one composed adapter out, outside any study.
#pragma once
#include <functional>
#include <string>

#include "run/contest.hpp"
#include "run/deliver.hpp"
#include "run/lead/memory_warnings.hpp"
#include "run/lead/trial_evaluator.hpp"
#include "run/rank/rank_server.hpp"
#include "workers/world.hpp"

namespace lorahub::run {

enum class Comparing { base_single_and_mixture, nothing };
// What is written where the mixture has a higher loss on the examples than a module alone.
enum class Fallback { best_single, none };

struct AdaptProgress {
  int evaluations = 0, budget = 0;
  double best_loss = 0;  // so far, with the penalty
};

struct Adaptation {
  study::Trial trial;   // its test rows are answered where they have a file of their own
  int loss_batch = 0;   // examples of a batch, as in objective::LossRule
  search::Added added;  // a term added to each loss of the search, beside the trial's penalty; such
                        // a search is not journalled, since the program that says the term may say
                        // another one when it is asked again
  Comparing comparing = Comparing::base_single_and_mixture;
  Fallback fallback = Fallback::best_single;
  MemoryCheck memory_check = MemoryCheck::refuse;
  std::function<void(const AdaptProgress&)> progress = {};  // after each generation
  // Called when a step of the adaptation begins (reading, searching, answering test rows), with the
  // share of the search that is done by then (0 or 1) and the step in words.
  std::function<void(double, const std::string&)> begins = {};
  std::function<bool()> cancelled = {};  // asked after each generation; true: Interrupted
  // Called after each generation and after each other step, while no rank computes for the search.
  // An exception ends the adaptation; the next call of adapt() with the same inputs goes on where
  // it ended.
  std::function<void()> between = {};
};

struct Adapted {
  std::vector<std::string> modules;  // [N]
  std::vector<double> weights;       // [N], of the answer: the mixture, or 1 for a module alone
  double objective = 0;              // of the search's mixture: its loss with the penalty
  std::vector<double> single_loss;   // [N], each module alone at weight 1, without the penalty;
                                     // empty where nothing is compared
  Contest contest;                   // base and mixture at least
  int evaluations = 0;               // of the search; base, single modules and mixture come on top
  Delivered delivered;
  // Whether the answer is the best single module and not the mixture.
  bool fell_back() const { return contest.answer + 1 < contest.contestants.size(); }
};

// Searches on all ranks, each of which calls it; the coordinator writes the composed adapter or
// merged model with its card and gives what it found to `use`. Nothing is written before all inputs
// were read. An interrupted search goes on when it is asked for again. Returns the exit code.
int adapt(const Adaptation& adaptation, const Output& output, const objective::Hardware& hardware,
          workers::World& world, const std::function<void(const Adapted&)>& use);

// The same, called by the coordinator alone while the other ranks already wait for its requests,
// so that a process can adapt several times. `own` is the coordinator's own rank, whose model
// writes the result.
Adapted adapt(const Adaptation& adaptation, const Output& output, RankServer& own,
              workers::Dispatcher& dispatcher);

}  // namespace lorahub::run
