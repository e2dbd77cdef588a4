// Greedy decoding with caches.
#pragma once
#include <span>
#include <vector>

#include "model/t5/loss.hpp"

namespace lorahub::model::t5 {

// The ids behind the start token, up to and without </s>, for each source. One
// candidate (P = 1). Ties go to the lowest id, as in argmax. A batch is computed together; it ends
// when all its rows have ended.
std::vector<Ids> generate(const Network& network, const Adapter& adapter,
                          std::span<const Ids> sources, const AnswerLimit& limit);

// The same for each of P candidates side by side: [P * sources], candidate-major. A candidate's ids
// do not depend on those beside it.
std::vector<Ids> generate_each(const Network& network, const Adapter& adapter,
                               std::span<const Ids> sources, const AnswerLimit& limit);

}  // namespace lorahub::model::t5
