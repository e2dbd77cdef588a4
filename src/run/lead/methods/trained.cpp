#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

// One rank trains; the coordinator holds no model.
Choice trained(const Context& context) { return context.train(); }

}  // namespace lorahub::run
