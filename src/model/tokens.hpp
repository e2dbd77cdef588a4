// An example as token ids.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

namespace lorahub::model {

using Ids = std::vector<int64_t>;

// What a model reads, and what it is to write, which ends with the token that ends an answer.
// Special tokens are included. To a model without an encoder, the target follows the source in one
// sequence.
struct Tokens {
  Ids source, target;
};

// Where the greedy answer to a prompt ends at the latest.
struct AnswerLimit {
  int max_tokens = 0;
  // Tells whether more ids behind these would be cut off, as text behind a stop is. It is asked
  // after each token, and its word is final; it must be callable by several threads at once.
  std::function<bool(const Ids& answer)> is_whole = [](const Ids&) { return false; };
  // Logits that are not finite choose no token: the answer ends before it, or the batch with an
  // error.
  enum class NotFinite { ends, is_an_error } not_finite = NotFinite::ends;
};

// Error for an empty sequence (`side`: source, target) and for ids outside the vocabulary.
void check_ids(const Ids& ids, int64_t vocabulary, const char* side);

}  // namespace lorahub::model
