#include "workers/coordinator_loop.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "base/exit_codes.hpp"
#include "base/fault.hpp"
#include "base/signals.hpp"
#include "workers/backoff.hpp"
#include "workers/end_launcher.hpp"
#include "workers/heartbeat.hpp"

namespace lorahub::workers {
namespace {

constexpr double kGlance = 0.05;   // seconds between two looks for signals
constexpr double kLastWords = 2;   // seconds to tell the others when a rank is lost
constexpr double kLastSteps = 60;  // seconds that a lead has to end after a signal

class Coordinator {
 public:
  explicit Coordinator(const LoopState& me)
      : me_(me),
        dispatcher_({.hosts = me.hosts,
                     .threads = me.service.threads,
                     .jobs = me.service.jobs,
                     .watch = me.service.watch},
                    me.wake_up),
        silence_(me.hosts.size()),
        beat_(me.beat()),
        others_(me.hosts.size() - 1) {
    std::iota(others_.begin(), others_.end(), 1);
  }

  int run(const Lead& lead) {
    try {
      story_ = std::jthread([&] { tell(lead); });
    } catch (const std::system_error&) {
      keep(std::make_exception_ptr(
          base::MachineFault(base::cause_of(std::current_exception()).sentence)));
    }
    try {
      serve();
    } catch (...) {
      me_.leave_alone(std::current_exception());
    }
    if (error_) std::rethrow_exception(error_);
    return code_;
  }

 private:
  void serve() {
    for (Backoff backoff; !ended_; me_.wake_up.wait(backoff.pause()))
      if (step()) backoff.restart();
    if (story_.joinable()) story_.join();
    if (lost_ >= 0) abandon(base::kExitRunAgain);
    dismiss(code_);
    if (code_ == base::kExitRunAgain) me_.let_requests_end();
    if (code_ == base::kExitRunAgain && me_.executor.busy()) end_now(error_);
  }

  void tell(const Lead& lead) {
    try {
      code_ = lead(dispatcher_);
      ended_ = true;
    } catch (...) {
      keep(std::current_exception());
    }
    me_.wake_up.ring();
  }

  void keep(const std::exception_ptr& error) {
    code_ = base::exit_code(base::cause_of(error).blame);
    error_ = error;
    ended_ = true;
  }

  bool step() {
    bool moved = me_.mailbox != nullptr && me_.mailbox->progress();
    while (std::optional<Outcome> outcome = me_.executor.take()) {
      dispatcher_.arrived(0, std::move(*outcome));
      moved = true;
    }
    while (std::optional<Message> message =
               me_.mailbox ? me_.mailbox->take() : std::optional<Message>{}) {
      receive(std::move(*message));
      moved = true;
    }
    for (Dispatcher::OutgoingRequest& outgoing : dispatcher_.outbox()) {
      send(std::move(outgoing));
      moved = true;
    }
    if (beat_.due()) {
      look_after_the_others();
      dispatcher_.look_for_hung_ranks(clock_.seconds());
    }
    if (glance_.due()) {
      look_for_signals();
      look_for_hung_leads();
    }
    return moved;
  }

  void receive(Message message) {
    silence_.note(message.rank);
    if (message.head.kind == Kind::goodbye) ++goodbyes_;
    if (message.head.kind == Kind::outcome)
      dispatcher_.arrived(message.rank, {.ticket = message.head.ticket,
                                         .result = static_cast<Result>(message.head.code),
                                         .seconds = message.head.seconds,
                                         .bytes = std::move(message.bytes)});
  }

  void send(Dispatcher::OutgoingRequest outgoing) {
    if (outgoing.rank == 0)
      me_.executor.put(std::move(outgoing.request));
    else
      me_.mailbox->post({outgoing.rank}, {.ticket = outgoing.request.ticket, .kind = Kind::request},
                        outgoing.request.bytes);
  }

  void look_after_the_others() {
    if (me_.mailbox == nullptr || lost_ >= 0) return;
    me_.mailbox->post(others_, {.kind = Kind::heartbeat}, "");
    for (const int rank : others_) {
      if (silence_.of(rank) <= me_.service.stall_timeout) continue;
      lost_ = rank;
      why_ = base::format(
          "rank {} on {} has been silent for {:.0f} s (it is stopped, or its node or network is "
          "lost), what is done is kept: run the same command to go on",
          rank, me_.hosts[static_cast<size_t>(rank)], silence_.of(rank));
      dispatcher_.stop(std::make_exception_ptr(base::Interrupted(why_)));
      return;
    }
  }

  void look_for_signals() {
    try {
      base::throw_if_signalled();
    } catch (const base::Interrupted&) {
      if (!std::exchange(stopped_, true)) silence_.note(0);
      dispatcher_.stop(std::current_exception());
    }
  }

  // A lead that never comes back (what it reads or records lies on a disk that hangs) can't be
  // ended by an exception.
  void look_for_hung_leads() {
    const std::optional<Dispatcher::Lead> lead = dispatcher_.alone();
    if (!lead || lead->since != lead_since_) silence_.note(0);
    if (lead) lead_since_ = lead->since;
    const double timeout = me_.service.hang_timeout;
    const double waited = silence_.of(0);
    if (timeout <= 0 || waited <= (stopped_ ? std::min(timeout, kLastSteps) : timeout)) return;
    if (ended_ || hung_) return;
    hung_ = true;
    const std::string why = base::format(
        "{}rank 0 on {} has been {} for {} and does not end (its disk may hang), look at that "
        "node, or allow more with --hang-timeout; run the same command to go on",
        stopped_ ? "asked to end, " : "", me_.hosts[0], lead->doing, base::duration(waited));
    if (me_.mailbox != nullptr) dismiss(base::kExitRunAgain);
    end_now(std::make_exception_ptr(base::Interrupted(why)));
  }

  // A rank's goodbye comes after all its outcomes, so nothing is under way afterwards.
  void dismiss(int code) {
    if (me_.mailbox == nullptr) return;
    me_.mailbox->post(others_, {.kind = Kind::dismiss, .code = code}, "");
    for (Backoff backoff; goodbyes_ < others_.size() || !me_.mailbox->sent(); backoff.wait()) {
      base::pending_signal();  // ends the process at a second SIGINT
      if (step()) backoff.restart();
      if (lost_ >= 0) abandon(code);
    }
  }

  // MPI cannot be finalised without the lost rank: everyone ends as it stands.
  [[noreturn]] void abandon(int code) {
    std::vector<int> there = others_;
    std::erase(there, lost_);
    me_.mailbox->post(there, {.kind = Kind::abandon, .code = code}, "");
    for (Backoff backoff; !me_.mailbox->sent() && backoff.waited() < kLastWords; backoff.wait())
      me_.mailbox->progress();
    me_.last_words(std::make_exception_ptr(base::Interrupted(why_)));
    end_lingering_launcher();
    leave(code);
  }

  // Ends the process without waiting for threads that compute.
  [[noreturn]] void end_now(const std::exception_ptr& error) const {
    me_.last_words(error);
    me_.leave_together(base::kExitRunAgain);
  }

  const LoopState& me_;
  Dispatcher dispatcher_;
  RunningTime clock_;
  Silence silence_;  // by rank
  Every beat_, glance_{kGlance};
  std::vector<int> others_;
  size_t goodbyes_ = 0;
  int lost_ = -1;
  std::string why_;  // the message about the lost rank
  int code_ = base::kExitBug;
  std::exception_ptr error_;  // what the lead threw
  std::atomic<bool> ended_ = false;
  uint64_t lead_since_ = 0;  // of the last look at the leads
  bool stopped_ = false;     // by a signal
  bool hung_ = false;        // whether the lead hangs
  std::jthread story_;
};

}  // namespace

int coordinate(const LoopState& me, const Lead& lead) { return Coordinator(me).run(lead); }

}  // namespace lorahub::workers
