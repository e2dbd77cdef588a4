// Greedy answers with caches of keys and values.
#pragma once
#include <span>
#include <vector>

#include "model/llama/layers.hpp"

namespace lorahub::model::llama {

// The ids behind each prompt, up to and without one that ends an answer, at most max_tokens. One
// candidate (P = 1). Ties go to the lowest id, as in argmax. A batch is computed together; it ends
// when all its rows have ended.
std::vector<Ids> generate(const Network& network, const Adapter& adapter,
                          std::span<const Ids> prompts, const AnswerLimit& limit);

// The same for each of P candidates side by side: [P * prompts], candidate-major. A candidate's ids
// do not depend on those beside it.
std::vector<Ids> generate_each(const Network& network, const Adapter& adapter,
                               std::span<const Ids> prompts, const AnswerLimit& limit);

}  // namespace lorahub::model::llama
