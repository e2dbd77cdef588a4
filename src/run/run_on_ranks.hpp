// One program, many ranks: rank 0 leads, all compute, all end with the same exit code.
#pragma once
#include <functional>
#include <memory>

#include "run/rank/rank_server.hpp"
#include "workers/world.hpp"

namespace lorahub::run {

// Each rank calls `make_site` for its RankServer at its first request, so that what goes wrong on
// one rank alone (a file that it does not see) reaches the coordinator as that rank's error.
// Returns the exit code on every rank; the coordinator's exception goes on after the others were
// dismissed.
int run_on_ranks(workers::World& group, const workers::Service& service,
                 const std::function<std::unique_ptr<RankServer>()>& make_site,
                 const workers::Lead& lead);

}  // namespace lorahub::run
