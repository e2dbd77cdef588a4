// A measure computed by the ranks of a group, a tile at a time: the bits depend on the tiles alone.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "search/population.hpp"
#include "workers/crew.hpp"

namespace lorahub::workers {

// Leader::call, or a fake.
using Call = std::function<std::vector<Outcome>(const std::vector<std::string>& units)>;

// Coordinator: a Measure whose tiles are shared out. A tile whose evaluation throws or gives NaN is
// computed once more; what fails again counts as infinite and goes to `note`. Error where a rank
// reports bad input.
search::Measure across(Call call, std::function<void(const search::Fault&)> note);

// Any rank: the sums of one such tile, by the local measure.
std::string measure_unit(const std::string& unit, const search::Measure& local);

// A list of strings as bytes and back (answers on their way to the coordinator).
std::string pack(const std::vector<std::string>& texts);
std::vector<std::string> unpack(const std::string& bytes);

}  // namespace lorahub::workers
