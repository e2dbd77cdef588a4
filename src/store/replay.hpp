// Runs a recorded search again on the recorded losses: no model is needed.
#pragma once
#include <optional>
#include <vector>

#include "search/minimize.hpp"
#include "study/trial.hpp"

namespace lorahub::store {

struct Replay {
  // The first generation whose candidates are not, to the bit, those that the search asks for after
  // the recorded losses before. Nothing where all agree.
  std::optional<size_t> departure;
  // What each generation was drawn from, [generation][run]; up to the departure. Empty where the
  // search is not CMA-ES.
  std::vector<std::vector<search::Distribution>> drawn_from;
};

// Empty where nothing is recorded.
Replay replay(const study::Trial& trial, const search::Trace& recorded);

}  // namespace lorahub::store
