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

// `search.stop` and `search.time` of the trial, as far as it reads them: answers that are right as
// often as before (`loss: accuracy`) are no sign of an end. The time begins with this call and
// counts what the process waits for; generations that a journal holds take none of it.
Ends stopping(const study::Trial& trial);

}  // namespace lorahub::search
