#include "run/independent_parts.hpp"

#include "base/check.hpp"
#include "base/clock.hpp"

namespace lorahub::run {
namespace {

constexpr const char* kJoin = "";  // the request before a rank's first part

workers::Job job(const Part& part) {
  const auto lead = [part](const workers::JobHandle& rank) {
    const base::Stopwatch clock;
    const workers::Outcome outcome = rank.call({part.request}).front();
    base::check(outcome.result == workers::Result::reply, "{}", outcome.bytes);
    part.done(outcome.bytes, clock.seconds());
  };
  return {.size = {.cost = part.cost}, .join = kJoin, .lead = lead};
}

}  // namespace

void PartsLead::work(const std::vector<Part>& parts) {
  std::vector<workers::Job> jobs;
  for (const Part& part : parts) jobs.push_back(job(part));
  ranks_.work(jobs, ranks_.ranks());
}

int do_parts(workers::World& world, const DoPart& do_part,
             const std::function<void(PartsLead&)>& lead) {
  const auto handle = [&](const std::string& request) {
    return request == kJoin ? std::string() : do_part(request);
  };
  return world.run({.threads = 1, .grace = kGrace}, handle, [&](workers::Dispatcher& ranks) {
    PartsLead parts(ranks);
    lead(parts);
    return 0;
  });
}

}  // namespace lorahub::run
