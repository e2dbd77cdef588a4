#include "model/tokens.hpp"

#include "base/check.hpp"

namespace lorahub::model {

void check_ids(const Ids& ids, int64_t vocabulary, const char* side) {
  base::check(!ids.empty(), "an example has an empty {} (nothing to compute), leave it out", side);
  for (const int64_t id : ids) {
    base::check(id >= 0 && id < vocabulary,
                "token {} of a {} is outside the model's vocabulary of {}, "
                "use the tokenizer that belongs to the model",
                id, side, vocabulary);
  }
}

}  // namespace lorahub::model
