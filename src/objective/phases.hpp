// Where the time of a pass goes, by the scopes that the sources of model/, lora/ and tensor/ name
// with RECORD_USER_SCOPE; on one thread.
#pragma once
#include <functional>
#include <map>
#include <string>

namespace lorahub::objective {

// Runs `work` on this thread and returns the processor seconds spent in each scope, without those
// of the scopes inside it. A scope is named by all open scopes from the outermost to itself
// ("encoder linears"); "" stands for the time outside all scopes.
std::map<std::string, double> phase_seconds(const std::function<void()>& work);

}  // namespace lorahub::objective
