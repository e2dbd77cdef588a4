#include "model/architecture.hpp"

#include <algorithm>
#include <cassert>

namespace lorahub::model {

void RowSums::add(double source, double target) {
  ++rows;
  sum += source;
  longest = std::max(longest, source);
  target_sum += target;
  target_longest = std::max(target_longest, target);
  scores += source * target;
}

int last_slot(const std::vector<LinearInfo>& linears, std::string_view begin,
              std::string_view end) {
  const auto found = std::find_if(linears.rbegin(), linears.rend(), [&](const LinearInfo& layer) {
    return layer.name.starts_with(begin) && layer.name.ends_with(end);
  });
  assert(found != linears.rend());
  return static_cast<int>(linears.rend() - found) - 1;
}

}  // namespace lorahub::model
