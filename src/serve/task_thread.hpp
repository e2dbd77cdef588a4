// One thread for what changes libraries: one task after another, beside the threads that answer
// requests and the one that computes jobs.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "net/message.hpp"

namespace lorahub::serve {

class TaskThread {
 public:
  // `idle` is called every few seconds while there is nothing to do; and at once again, where it
  // says that there is more of its own to be done.
  explicit TaskThread(std::function<bool()> idle);
  ~TaskThread();  // after the task that is under way
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  // A response that comes once the task has made it; 429 where too many tasks wait. What the task
  // throws becomes a 500.
  net::HttpResponse answer_later(std::function<net::HttpResponse()> task);

 private:
  bool add(std::function<void()> task);  // false: too many wait
  void work();
  std::function<bool()> idle_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lorahub::serve
