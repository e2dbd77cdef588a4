// Work in parts that do not need each other, each done whole by one rank with all of its threads:
// trainings, stages of a lab.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "workers/world.hpp"

namespace lorahub::run {

struct Part {
  std::string request;  // what the rank is asked; not empty
  double cost = 1;      // parts of more cost begin first
  // Called on rank 0 with the reply and the seconds that the part took.
  std::function<void(const std::string& reply, double seconds)> done;
};

// What any rank does with a request: it returns the reply, or throws.
using DoPart = std::function<std::string(const std::string& request)>;

// What the lead of such work may ask of the ranks.
class PartsLead {
 public:
  explicit PartsLead(workers::Dispatcher& ranks) : ranks_(ranks) {}
  // Returns when all are done. The first error of a part comes out; no part is begun after it.
  void work(const std::vector<Part>& parts);
  // The replies of all ranks to one request, by rank.
  std::vector<std::string> everyone(const std::string& request) { return ranks_.everyone(request); }
  const std::vector<std::string>& hosts() const { return ranks_.hosts(); }  // by rank

 private:
  workers::Dispatcher& ranks_;
};

// All ranks call it; rank 0 leads, all do parts. Returns the exit code, the same on all ranks. A
// part has kGrace seconds to end when the run is interrupted.
inline constexpr double kGrace = 60;
int do_parts(workers::World& world, const DoPart& do_part,
             const std::function<void(PartsLead&)>& lead);

}  // namespace lorahub::run
