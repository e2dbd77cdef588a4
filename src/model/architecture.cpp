#include "model/architecture.hpp"

#include <algorithm>

namespace lorahub::model {

void RowSums::add(double source, double target) {
  ++rows;
  sum += source;
  longest = std::max(longest, source);
  target_sum += target;
  target_longest = std::max(target_longest, target);
  scores += source * target;
}

}  // namespace lorahub::model
