#include "workers/executor.hpp"

#include <utility>

#include "base/check.hpp"
#include "base/clock.hpp"

namespace lorahub::workers {
namespace {

Outcome outcome_of(const Handler& handler, const Task& task) {
  const base::Stopwatch clock;
  const auto ended = [&](Result result, std::string bytes) {
    return Outcome{.ticket = task.ticket,
                   .result = result,
                   .seconds = clock.seconds(),
                   .bytes = std::move(bytes)};
  };
  try {
    return ended(Result::reply, handler(task.request));
  } catch (const base::Interrupted& error) {
    return ended(Result::interruption, error.what());
  } catch (const base::Error& error) {
    return ended(Result::failure, error.what());
  } catch (const std::exception& error) {
    return ended(Result::fault, error.what());
  } catch (...) {
    return ended(Result::fault, "an unknown exception");
  }
}

}  // namespace

Executor::Executor(Handler handler, int threads, Bell& bell)
    : handler_(std::move(handler)), bell_(bell) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Executor::~Executor() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
}

void Executor::put(Task task) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(task));
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
    const Task task = std::move(waiting_.front());
    waiting_.pop_front();
    ++under_way_;
    lock.unlock();
    Outcome outcome = outcome_of(handler_, task);
    lock.lock();
    --under_way_;
    done_.push_back(std::move(outcome));
    bell_.ring();
  }
}

}  // namespace lorahub::workers
