// What a search answers with when its budget is spent.
#pragma once
#include <vector>

#include "search/minimize.hpp"

namespace lorahub::study {
struct Search;
}

namespace lorahub::search {

// The mean that CMA-ES moves to after this generation: its better half, weighted by rank (Hansen,
// arXiv 1604.00772, equations 41 and 42 with c_m = 1). NaN and inf rank last. Weights [N].
std::vector<double> recombined(const Generation& generation);

// recombined() of the last generation of `whole` candidates, or of the one there is; of several
// runs side by side, the mean of theirs. A few examples do not tell the last candidates apart: what
// singles out the best of them is often luck, and their mean errs less; so does the mean of
// independent searches (as with model soups, Wortsman et al. 2022, arXiv 2203.05482).
std::vector<double> recommended_mean(const Trace& trace, int runs, int whole);

// The mean where `search` is CMA-ES and asks for it, else the candidate of least loss.
std::vector<double> recommended(const Trace& trace, const study::Search& search);

}  // namespace lorahub::search
