#include "workers/executor.hpp"

#include <utility>

#include "base/clock.hpp"
#include "base/fault.hpp"

namespace lorahub::workers {
namespace {

Result result_of(base::Blame blame) {
  if (blame == base::Blame::input) return Result::failure;
  return blame == base::Blame::interruption ? Result::interruption : Result::fault;
}

std::string sentence(const base::Cause& cause) {
  if (cause.blame != base::Blame::program) return cause.sentence;
  return base::format("internal error: {} (a bug if it comes again, please report it)",
                      cause.sentence);
}

Outcome outcome_of(const Handler& handler, const Request& request) {
  const base::Stopwatch clock;
  const auto ended = [&](Result result, std::string bytes) {
    return Outcome{.ticket = request.ticket,
                   .result = result,
                   .seconds = clock.seconds(),
                   .bytes = std::move(bytes)};
  };
  try {
    return ended(Result::reply, handler(request.bytes));
  } catch (...) {
    const base::Cause cause = base::cause_of(std::current_exception());
    return ended(result_of(cause.blame), sentence(cause));
  }
}

}  // namespace

Executor::Executor(Handler handler, int threads, WakeUp& wake_up)
    : handler_(std::move(handler)), wake_up_(wake_up) {
  start(threads);
}

Executor::~Executor() { close(); }

void Executor::start(int threads) {
  try {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {
    close();
    threads_.clear();
    no_threads_ = base::cause_of(std::current_exception()).sentence;
  }
}

void Executor::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
}

void Executor::put(Request request) {
  {
    const std::lock_guard lock(mutex_);
    if (no_threads_.empty())
      waiting_.push_back(std::move(request));
    else
      done_.push_back({.ticket = request.ticket, .result = Result::fault, .bytes = no_threads_});
  }
  changed_.notify_one();
}

std::optional<Outcome> Executor::take() {
  const std::lock_guard lock(mutex_);
  if (done_.empty()) return std::nullopt;
  Outcome outcome = std::move(done_.front());
  done_.pop_front();
  return outcome;
}

bool Executor::busy() const {
  const std::lock_guard lock(mutex_);
  return under_way_ > 0 || !waiting_.empty();
}

void Executor::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (closed_) return;
    const Request request = std::move(waiting_.front());
    waiting_.pop_front();
    ++under_way_;
    lock.unlock();
    Outcome outcome = outcome_of(handler_, request);
    lock.lock();
    --under_way_;
    done_.push_back(std::move(outcome));
    wake_up_.ring();
  }
}

}  // namespace lorahub::workers
