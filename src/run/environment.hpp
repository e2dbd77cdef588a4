// Where and with what a run is made, libraries of all layers included.
#pragma once
#include <map>
#include <string>

namespace lorahub::run {

std::map<std::string, std::string> environment();

}  // namespace lorahub::run
