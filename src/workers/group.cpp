#include "workers/group.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <csignal>
#include <cstdlib>
#include <map>
#include <numeric>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "workers/backoff.hpp"
#include "workers/mailbox.hpp"

namespace lorahub::workers {
namespace {
// Seconds the coordinator gives its requests to leave before it turns to its own share: long
// messages need its hand, idle workers take them within 1 ms, and a busy one must not keep the
// coordinator from its work.
constexpr double kDelivery = 0.02;

bool mpi_runs() {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  return initialized != 0 && finalized == 0;
}

// A rank of mpirun (Open MPI, MPICH) or of srun --mpi=pmix or pmi2.
bool is_launched() {
  const auto names = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"};
  return std::any_of(names.begin(), names.end(), [](auto name) { return getenv(name) != nullptr; });
}

void check_srun() {
  const char* tasks = getenv("SLURM_STEP_NUM_TASKS");
  base::check(tasks == nullptr || std::atoi(tasks) <= 1,
              "srun started {} copies that don't know of each other (each would do all the work), "
              "use srun --mpi=pmix or mpirun",
              tasks == nullptr ? "" : tasks);
}

// A barrier that sleeps: MPI's own waits at 100 % of a core.
void meet() {
  MPI_Request request;
  MPI_Ibarrier(MPI_COMM_WORLD, &request);
  int all_here = 0;
  for (const Backoff backoff;; backoff.wait()) {
    MPI_Test(&request, &all_here, MPI_STATUS_IGNORE);
    if (all_here != 0) return;
  }
}

std::string host() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

struct Answer {
  Kind kind;
  std::string bytes;
};

// The handler's reply, or what it threw.
Answer answer(const Handler& handler, const std::string& request) {
  try {
    return {Kind::reply, handler(request)};
  } catch (const base::Interrupted& error) {
    return {Kind::interruption, base::format("on {}: {}", host(), error.what())};
  } catch (const std::exception& error) {
    return {Kind::failure, base::format("on {}: {}", host(), error.what())};
  } catch (...) {
    return {Kind::failure, base::format("on {}: an unknown exception", host())};
  }
}
}  // namespace

Session::Session() {
  if (!is_launched()) {
    check_srun();
    return;
  }
  // Ranks of a killed mpirun would live on, and of srun's slurmstepd takes care.
  if (getenv("OMPI_COMM_WORLD_SIZE") != nullptr) prctl(PR_SET_PDEATHSIG, SIGKILL);
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  base::check(provided >= MPI_THREAD_FUNNELED,
              "this MPI allows no threads (every rank computes with several), use another MPI");
}

Session::~Session() {
  if (!mpi_runs()) return;
  meet();
  MPI_Finalize();
}

Group::Group() {
  if (!mpi_runs()) return;
  meet();
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node);
  MPI_Comm_rank(node, &rank_on_node_);
  MPI_Comm_size(node, &ranks_on_node_);
  MPI_Comm_free(&node);
  if (size_ == 1) return;
  mailbox_ = std::make_unique<Mailbox>(MPI_COMM_WORLD);
  if (!is_coordinator()) return;
  others_.resize(static_cast<size_t>(size_ - 1));
  std::iota(others_.begin(), others_.end(), 1);
}

Group::~Group() {
  if (dismissed_) return;
  if (is_coordinator()) {
    dismiss(base::pending_signal() != 0 ? 75 : 2);
  } else {
    serve([](const std::string&) -> std::string { base::fail("left early, see its own message"); });
  }
}

// What has come of one call, by rank.
struct Group::Collected {
  std::vector<std::string> replies;
  std::map<int, Answer> failures;
  size_t missing;
};

std::vector<std::string> Group::call(const std::string& request, const Handler& handler) {
  assert(is_coordinator() && !dismissed_);
  base::throw_if_signalled();
  if (mailbox_ == nullptr) return {handler(request)};
  mailbox_->post(others_, {.sequence = ++sequence_, .kind = Kind::request}, request);
  deliver();

  Collected collected{.replies = std::vector<std::string>(static_cast<size_t>(size_)),
                      .failures = {},
                      .missing = others_.size()};
  std::exception_ptr own;
  try {
    collected.replies[0] = handler(request);
  } catch (const base::Interrupted&) {
    throw;  // at once; the replies are dropped when they come
  } catch (...) {
    own = std::current_exception();
  }
  collect(collected);
  if (own) std::rethrow_exception(own);
  if (collected.failures.empty()) return std::move(collected.replies);
  const auto& [rank, failure] = *collected.failures.begin();
  const std::string message = base::format("rank {} {}", rank, failure.bytes);
  if (failure.kind == Kind::interruption) throw base::Interrupted(message);
  throw base::Error(message);
}

void Group::deliver() {
  for (const Backoff backoff; !mailbox_->sent() && backoff.waited() < kDelivery;) {
    if (!mailbox_->progress()) backoff.wait();
  }
}

void Group::collect(Collected& collected) {
  Backoff backoff;
  while (collected.missing > 0) {
    if (mailbox_->progress()) backoff.restart();
    std::optional<Message> message = mailbox_->take();
    if (!message) {
      base::throw_if_signalled();
      backoff.wait();
      continue;
    }
    if (message->head.sequence != sequence_) continue;  // of a call that was interrupted
    if (message->head.kind == Kind::reply) {
      collected.replies[static_cast<size_t>(message->rank)] = std::move(message->bytes);
    } else {
      collected.failures[message->rank] = {message->head.kind, std::move(message->bytes)};
    }
    --collected.missing;
  }
}

int Group::serve(const Handler& handler) {
  assert(!is_coordinator() && !dismissed_);
  for (Backoff backoff;; backoff.wait()) {
    if (mailbox_->progress()) backoff.restart();
    const std::optional<Message> message = mailbox_->take();
    if (!message) continue;
    if (message->head.kind == Kind::dismiss) {
      say_goodbye();
      return message->head.code;
    }
    const Answer mine = answer(handler, message->bytes);
    mailbox_->post({0}, {.sequence = message->head.sequence, .kind = mine.kind}, mine.bytes);
    backoff.restart();
  }
}

void Group::say_goodbye() {
  dismissed_ = true;
  mailbox_->post({0}, {.kind = Kind::goodbye}, "");
  for (const Backoff backoff; !mailbox_->sent(); backoff.wait()) mailbox_->progress();
}

void Group::dismiss(int code) {
  assert(is_coordinator());
  if (dismissed_) return;
  dismissed_ = true;
  if (mailbox_ == nullptr) return;
  mailbox_->post(others_, {.kind = Kind::dismiss, .code = code}, "");
  // A rank's goodbye comes after all its replies, so nothing is under way afterwards.
  size_t goodbyes = 0;
  for (Backoff backoff; goodbyes < others_.size() || !mailbox_->sent(); backoff.wait()) {
    base::pending_signal();  // a second SIGINT ends it
    if (mailbox_->progress()) backoff.restart();
    while (const std::optional<Message> message = mailbox_->take()) {
      if (message->head.kind == Kind::goodbye) ++goodbyes;
    }
  }
}

}  // namespace lorahub::workers
