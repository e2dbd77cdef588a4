#include "workers/world.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/check.hpp"
#include "base/exit_codes.hpp"
#include "base/fault.hpp"
#include "base/host.hpp"
#include "base/printable.hpp"
#include "base/signals.hpp"
#include "workers/backoff.hpp"
#include "workers/coordinator_loop.hpp"
#include "workers/rank_identity.hpp"
#include "workers/worker_loop.hpp"

namespace lorahub::workers {
namespace {

// Seconds that a rank waits for another that notices its silence and names it, before it ends by
// itself.
constexpr double kLater = 10;

void wait_for(MPI_Request request) {
  int all_here = 0;
  for (const Backoff backoff; all_here == 0; backoff.wait())
    MPI_Test(&request, &all_here, MPI_STATUS_IGNORE);
}

// Gathers `mine` of every rank, padded with zeros to `length`.
std::vector<std::string> gather(std::string mine, size_t length, int size) {
  const auto count = static_cast<int>(length);
  mine.resize(length);
  std::string all(length * static_cast<size_t>(size), '\0');
  MPI_Request request;
  MPI_Iallgather(mine.data(), count, MPI_CHAR, all.data(), count, MPI_CHAR, MPI_COMM_WORLD,
                 &request);
  wait_for(request);
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < all.size(); begin += length)
    parts.push_back(all.substr(begin, length));
  return parts;
}

// Gathers `mine` of every rank, whose lengths are given.
std::vector<std::string> gather(const std::string& mine, const std::vector<size_t>& lengths) {
  const size_t longest = std::max<size_t>(1, *std::ranges::max_element(lengths));
  std::vector<std::string> texts = gather(mine, longest, static_cast<int>(lengths.size()));
  for (size_t rank = 0; rank < texts.size(); ++rank) texts[rank].resize(lengths[rank]);
  return texts;
}

}  // namespace

void print_last_words(const std::exception_ptr& error) {
  fmt::print(stderr, "lorahub: {}\n", base::printable_line(base::cause_of(error).sentence));
}

World::World(const Identity& identity, LastWords last_words)
    : hosts_{base::host_name()}, last_words_(std::move(last_words)) {
  if (!mpi_runs()) return;
  int size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const std::string mine = text_of(identity);
  hosts_.clear();
  std::vector<size_t> lengths;
  for (const std::string& text : gather(hello(base::host_name(), mine.size()), kHello, size)) {
    const Hello other = read_hello(text);
    hosts_.push_back(other.host);
    lengths.push_back(other.identity);
  }
  check_versions(hosts_, lengths);
  check_same(hosts_, gather(mine, lengths));
  const std::string& here = hosts_[static_cast<size_t>(rank_)];
  ranks_on_node_ = static_cast<int>(std::ranges::count(hosts_, here));
  rank_on_node_ = static_cast<int>(std::count(hosts_.begin(), hosts_.begin() + rank_, here));
  if (size > 1) mailbox_ = std::make_unique<Mailbox>(MPI_COMM_WORLD);
}

World::~World() {
  if (has_run_ || mailbox_ == nullptr) return;
  const int code = base::pending_signal() != 0 ? base::kExitRunAgain : base::kExitBadInput;
  const Handler gone = [](const std::string&) -> std::string {
    base::fail("left early, see its own message");
  };
  run({}, gone, [code](Dispatcher&) { return code; });
}

LoopWatchdog World::watched(double seconds) const {
  if (mailbox_ == nullptr) return {};
  return {mailbox_->turns(), seconds,
          base::format("lorahub: rank {} on {} has been inside of a call of MPI for {:.0f} s (its "
                       "memory may be exhausted), give the job more memory; what is done is kept: "
                       "run the same command to go on\n",
                       rank_, hosts_[static_cast<size_t>(rank_)], seconds)};
}

int World::run(const Service& service, const Handler& handler, const Lead& lead) {
  assert(!has_run_);
  has_run_ = true;
  Executor executor(handler, service.threads, wake_up_);
  LoopWatchdog watchdog = watched(service.stall_timeout + kLater);
  const LoopState me{.rank = rank_,
                     .hosts = hosts_,
                     .service = service,
                     .mailbox = mailbox_.get(),
                     .executor = executor,
                     .wake_up = wake_up_,
                     .watchdog = watchdog,
                     .last_words = last_words_};
  return is_coordinator() ? coordinate(me, lead) : serve(me);
}

}  // namespace lorahub::workers
