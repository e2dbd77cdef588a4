#include "serve/task_thread.hpp"

#include <chrono>

namespace lorahub::serve {
namespace {

constexpr size_t kMostWaiting = 16;
constexpr std::chrono::seconds kIdle{5};

// What a task hands to the connection that waits for it.
struct HandedOver {
  std::mutex mutex;
  std::optional<net::HttpResponse> response;
};

net::HttpResponse made_by(const std::function<net::HttpResponse()>& task) {
  try {
    return task();
  } catch (...) {
    return net::refusal(500, "The service could not answer this request.");
  }
}

}  // namespace

TaskThread::TaskThread(std::function<bool()> idle)
    : idle_(std::move(idle)), thread_([this] { work(); }) {}

TaskThread::~TaskThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

net::HttpResponse TaskThread::answer_later(std::function<net::HttpResponse()> task) {
  const auto result = std::make_shared<HandedOver>();
  const bool waits = add([task = std::move(task), result] {
    net::HttpResponse response = made_by(task);
    const std::lock_guard lock(result->mutex);
    result->response = std::move(response);
  });
  if (!waits) {
    net::HttpResponse full =
        net::refusal(429, "Too many requests of this kind wait, try again in a minute.");
    full.fields.emplace_back("Retry-After", "60");
    return full;
  }
  net::HttpResponse response;
  response.later = [result] {
    const std::lock_guard lock(result->mutex);
    return std::exchange(result->response, std::nullopt);
  };
  return response;
}

bool TaskThread::add(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (tasks_.size() >= kMostWaiting) return false;
  tasks_.push_back(std::move(task));
  changed_.notify_all();
  return true;
}

void TaskThread::work() {
  for (bool goes_on = false;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      const auto pause = goes_on ? std::chrono::seconds(0) : kIdle;
      changed_.wait_for(lock, pause, [this] { return stopping_ || !tasks_.empty(); });
      if (stopping_) return;
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
    }
    goes_on = goes_on && task;  // what was idle's is still to be done
    try {
      if (task)
        task();
      else
        goes_on = idle_();
    } catch (...) {  // a library that can't be looked through now is looked through later
    }
  }
}

}  // namespace lorahub::serve
