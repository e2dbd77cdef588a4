// What a rank does with a tile that it is given.
#pragma once
#include <optional>
#include <string>

#include "run/messages/messages.hpp"

namespace lorahub::run {

// What a rank can measure: candidates of `dim` weights on `examples` examples.
struct Measurable {
  int dim = 0, examples = 0;
};
// Error where the request has another number of weights than `here`, or examples beyond those of
// `here`; it names the numbers of both.
void check_fits(const TileRequest& request, const Measurable& here);

// Computes the sums of a TileRequest by the `local` measure: the reply. Error when the request is
// damaged, or does not fit `here`.
std::string measure_tile(const std::string& request, const search::Measure& local,
                         const std::optional<Measurable>& here = {});

}  // namespace lorahub::run
