// Checks a recorded search by running it again on the recorded losses: no model is needed.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "search/minimize.hpp"

namespace lorahub::store {

// Returns the first generation whose candidates are not, to the bit, those that the search with
// these knobs (columns of a trial, as text) asks for after the recorded losses before. Nothing
// where all agree, or where the knobs name no search.
std::optional<size_t> first_departure(const std::map<std::string, std::string>& knobs,
                                      const search::Trace& recorded);

}  // namespace lorahub::store
