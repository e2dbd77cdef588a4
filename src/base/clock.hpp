// Time: elapsed seconds, and the date for records.
#pragma once
#include <chrono>
#include <string>

namespace lorahub::base {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string utc_now();                 // "2026-01-31T12:00:00Z"
std::string duration(double seconds);  // "45 s", "3 min 20 s", "2 h 5 min"
double process_seconds();              // processor time of this process, over all threads
double thread_seconds();               // processor time of the calling thread

}  // namespace lorahub::base
