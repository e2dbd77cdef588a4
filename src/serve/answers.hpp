// Answers to prompts, by the model that this process holds.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "run/rank/rank_server.hpp"
#include "serve/infer_input.hpp"

namespace lorahub::serve {

// What is called while answers are computed. An exception of theirs ends the work, and the answers
// of whole batches stay.
struct AnswerWatch {
  std::function<void()> after_token;  // by each of the threads that compute
  std::function<void()> after_batch;  // while nothing is computed, and not behind the last one
};

// Those in `all`, in the order of the prompts, and behind them those that it lacks. `adapter`: the
// folder of the job's adapter, where the input names a job. To be called while no request of `own`
// is under way. Error for a prompt that is too long, or an adapter that can't be read.
struct AnswerPlaces {
  const Catalog& catalog;
  std::filesystem::path adapter;
  run::RankServer& own;
};
void add_answers(const InferInput& input, const AnswerPlaces& places, const AnswerWatch& watch,
                 std::vector<std::string>& all);

}  // namespace lorahub::serve
