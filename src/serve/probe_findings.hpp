// A probe of a library as a job computes it: each module alone on the examples in its folder.
#pragma once
#include <string>

#include "run/probe.hpp"
#include "run/rank/rank_server.hpp"
#include "serve/probe_input.hpp"

namespace lorahub::serve {

// A JSON object, as `lorahub probe --json` but without similarities.
std::string probe_findings(const ProbeInput& input, const Catalog& catalog, const JobFolder& files,
                           run::RankServer& own, const run::ProbeWatch& watch);

}  // namespace lorahub::serve
