#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

Choice base_model(const Context&) { return {}; }

}  // namespace lorahub::run
