// A measure computed by the ranks of a group, a tile at a time: the bits depend on the tiles alone.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "search/population.hpp"
#include "workers/crew.hpp"

namespace lorahub::workers {

// Leader::call, or a fake.
using Call = std::function<std::vector<Outcome>(const std::vector<std::string>& units)>;

// Coordinator: a Measure whose tiles are shared out. A tile that holds NaN is computed once more; a
// candidate whose loss is not a number then either counts as infinite and goes to `note`. Nothing
// else is a candidate's: Error where a rank reports bad input, MachineFault where it could not
// compute.
search::Measure across(Call call, std::function<void(const search::Fault&)> note);

// What a rank can measure: candidates of so many weights, on so many examples.
struct Measurable {
  int dim = 0, examples = 0;
};
// Any rank: the sums of one such tile, by the local measure. Error when the tile is damaged, or
// does not fit what is `here`.
std::string measure_unit(const std::string& unit, const search::Measure& local,
                         const std::optional<Measurable>& here = {});

// A list of strings as bytes and back (answers on their way to the coordinator).
std::string pack(const std::vector<std::string>& texts);
std::vector<std::string> unpack(const std::string& bytes);

}  // namespace lorahub::workers
