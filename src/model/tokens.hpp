// An example as token ids.
#pragma once
#include <cstdint>
#include <vector>

namespace lorahub::model {

using Ids = std::vector<int64_t>;

// What a model reads, and what it is to write, which ends with the token that ends an answer.
// Special tokens are included. To a model without an encoder, the target follows the source in one
// sequence.
struct Tokens {
  Ids source, target;
};

// Error for an empty sequence (`side`: source, target) and for ids outside the vocabulary.
void check_ids(const Ids& ids, int64_t vocabulary, const char* side);

}  // namespace lorahub::model
