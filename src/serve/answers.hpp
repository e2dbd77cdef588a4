// Answers to prompts, by the model that this process holds.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "run/rank/rank_server.hpp"
#include "serve/infer_input.hpp"

namespace lorahub::serve {

// In the order of the prompts. `adapter`: the folder of the job's adapter, where the input names a
// job. To be called while no request of `own` is under way. Error for a prompt that is too long, or
// an adapter that can't be read.
std::vector<std::string> answers(const InferInput& input, const Catalog& catalog,
                                 const std::filesystem::path& adapter, run::RankServer& own);

}  // namespace lorahub::serve
