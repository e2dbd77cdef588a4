// The threads of a rank that compute, so that its main thread is free for MPI and heartbeats.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "workers/wake_up.hpp"

namespace lorahub::workers {

// What a rank does with a request: the reply, as bytes. Called from several threads at once.
using Handler = std::function<std::string(const std::string& request)>;

enum class Result : int32_t {
  reply,
  failure,      // base::Error: bad input, which would fail again
  fault,        // base::MachineFault, or a bug: another rank may do it
  interruption  // base::Interrupted
};

struct Request {
  uint64_t ticket = 0;
  std::string bytes;
};

struct Outcome {
  uint64_t ticket = 0;
  Result result = Result::reply;
  double seconds = 0;  // of computing
  std::string bytes;   // the reply, or what the exception said
};

class Executor {
 public:
  // `threads` threads take the requests in their order; `wake_up` rings at each outcome. Where the
  // system gives it no threads, every request is a fault that says so.
  Executor(Handler handler, int threads, WakeUp& wake_up);
  ~Executor();  // waits for requests under way; those not begun are dropped
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void put(Request request);
  std::optional<Outcome> take();  // the oldest outcome, if any
  bool busy() const;              // a request is under way or waiting

 private:
  void start(int threads);
  void close();
  void work();
  Handler handler_;
  WakeUp& wake_up_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> waiting_;
  std::deque<Outcome> done_;
  int under_way_ = 0;
  bool closed_ = false;
  std::string no_threads_;  // why the system gave no threads; "" where it did
  std::vector<std::jthread> threads_;
};

}  // namespace lorahub::workers
