// One program, many ranks: rank 0 leads, the others serve until they are dismissed, all end with
// the same exit code.
#pragma once
#include <functional>
#include <memory>

#include "run/site.hpp"

namespace lorahub::run {

// The coordinator makes its site and calls `lead`; the others make theirs at the first request, so
// that what goes wrong on one rank alone (a file that it does not see) reaches the coordinator as
// that rank's error. Returns the exit code on every rank; the coordinator's exception goes on after
// the others were dismissed.
int lead_or_serve(workers::Group& group, const std::function<std::unique_ptr<Site>()>& make_site,
                  const std::function<int(Site&)>& lead);

}  // namespace lorahub::run
