// When a search ends although its budget is not spent.
#pragma once
#include "search/minimize.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::search {

// Whether the least losses of the last ten generations lie closer together than `tolerance` (in
// nats, as the losses): the rule TolFun of CMA-ES (arXiv 1604.00772, appendix B.3), over ten
// generations whatever the population, since a search of few examples has some forty. A generation
// without a finite loss is not flat.
bool is_flat(const Trace& trace, double tolerance);

// The rules that the trial's knobs `search.stop` and `search.time` ask for. search.stop is passed
// over where the loss is none in nats (`ask`) or reads answers, since answers that are right as
// often as before are no sign of an end. The time is wall clock since this call, waiting included;
// generations that come from a journal take none of it.
Ends stopping(const study::Trial& trial);

}  // namespace lorahub::search
