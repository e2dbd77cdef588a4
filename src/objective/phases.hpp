// Where the time of a pass goes, by the scopes that the sources of model/t5 name with
// RECORD_USER_SCOPE; on one thread.
#pragma once
#include <functional>
#include <map>
#include <string>

namespace lorahub::objective {

// Runs `work` on this thread and gives the processor seconds spent in each scope itself, by the
// names of the scopes from the outside in ("encoder linears"); "" is what no scope has.
std::map<std::string, double> phase_seconds(const std::function<void()>& work);

}  // namespace lorahub::objective
