#include "workers/group.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "workers/backoff.hpp"
#include "workers/coordinate.hpp"
#include "workers/serve.hpp"

namespace lorahub::workers {
namespace {

constexpr size_t kHostName = 256;

std::string host_name() {
  char name[kHostName] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::vector<std::string> gather(std::string mine, int size) {
  mine.resize(kHostName);
  std::string all(kHostName * static_cast<size_t>(size), '\0');
  MPI_Request request;
  MPI_Iallgather(mine.data(), kHostName, MPI_CHAR, all.data(), kHostName, MPI_CHAR, MPI_COMM_WORLD,
                 &request);
  int all_here = 0;
  for (const Backoff backoff; all_here == 0; backoff.wait())
    MPI_Test(&request, &all_here, MPI_STATUS_IGNORE);
  std::vector<std::string> names;
  for (size_t begin = 0; begin < all.size(); begin += kHostName) {
    names.emplace_back(all.data() + begin);
  }
  return names;
}

}  // namespace

Group::Group() : hosts_{host_name()} {
  if (!mpi_runs()) return;
  int size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  hosts_ = gather(host_name(), size);
  const std::string& mine = hosts_[static_cast<size_t>(rank_)];
  ranks_on_node_ = static_cast<int>(std::ranges::count(hosts_, mine));
  rank_on_node_ = static_cast<int>(std::count(hosts_.begin(), hosts_.begin() + rank_, mine));
  if (size > 1) mailbox_ = std::make_unique<Mailbox>(MPI_COMM_WORLD);
}

Group::~Group() {
  if (has_run_ || mailbox_ == nullptr) return;
  const int code = base::pending_signal() != 0 ? 75 : 2;
  const Handler gone = [](const std::string&) -> std::string {
    base::fail("left early, see its own message");
  };
  run({}, gone, [code](Crew&) { return code; });
}

int Group::run(const Service& service, const Handler& handler, const Lead& lead) {
  assert(!has_run_);
  has_run_ = true;
  Executor executor(handler, service.threads, bell_);
  const Rank me{.rank = rank_,
                .hosts = hosts_,
                .service = service,
                .mailbox = mailbox_.get(),
                .executor = executor,
                .bell = bell_};
  return is_coordinator() ? coordinate(me, lead) : serve(me);
}

}  // namespace lorahub::workers
