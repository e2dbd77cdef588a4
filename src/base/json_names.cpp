#include "base/json_names.hpp"

namespace lorahub::base {

void JsonNames::see(const std::string& name) {
  if (!twice_ && !open_.back().insert(name).second) twice_ = name;
}

}  // namespace lorahub::base
