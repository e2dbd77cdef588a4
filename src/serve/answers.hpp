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

struct AnswerPlaces {
  const Catalog& catalog;
  std::filesystem::path adapter;  // the folder of the job's adapter, where the input names a job
  run::RankServer& own;
};
// Completes the answers of an input: `all` has those of its first prompts, in their order, perhaps
// none; the missing ones are computed and added batch by batch. To be called while no request of
// `own` is under way. Error for a prompt that is too long, or an adapter that can't be read.
void add_answers(const InferInput& input, const AnswerPlaces& places, const AnswerWatch& watch,
                 std::vector<std::string>& all);

}  // namespace lorahub::serve
