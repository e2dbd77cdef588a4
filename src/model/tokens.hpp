// An example as token ids.
#pragma once
#include <cstdint>
#include <vector>

namespace lorahub::model {

using Ids = std::vector<int64_t>;

struct Tokens {
  Ids source, target;  // token ids with </s>
};

}  // namespace lorahub::model
