// A measure computed by all ranks of a group: tile t goes to rank t mod size, so the bits depend on
// the tiles alone.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "search/population.hpp"
#include "workers/group.hpp"

namespace lorahub::workers {

// Coordinator: a Measure whose tiles are shared out. `ask` sends a request and returns the replies
// by rank (Group::call with the run's handler bound).
using Ask = std::function<std::vector<std::string>(const std::string& request)>;
search::Measure across(const Ask& ask);

// Which part of the work is whose.
struct Share {
  int rank = 0, size = 1;
};

// Any rank: this rank's share of a request made by across(), by the local measure. Without a tile
// for it, `local` is not called.
std::string measure_share(const std::string& request, const search::Measure& local, Share share);
inline std::string measure_share(const std::string& request, const search::Measure& local,
                                 const Group& group) {
  return measure_share(request, local, Share{.rank = group.rank(), .size = group.size()});
}

// A list of strings as bytes and back (answers on their way to the coordinator).
std::string pack(const std::vector<std::string>& texts);
std::vector<std::string> unpack(const std::string& bytes);

}  // namespace lorahub::workers
