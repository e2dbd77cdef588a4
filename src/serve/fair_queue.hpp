// Whose job comes next: the one of whoever has been served least, so that a long queue of one user
// does not keep the others waiting. It knows no clock and no files.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace lorahub::serve {

struct WaitingJob {
  std::string id, owner;
  uint64_t number = 0;    // in the order in which jobs came
  bool is_short = false;  // it goes before its owner's other jobs
  double seconds = 0;     // that it is expected to take still
};

struct QueuePlace {
  int place = 0;         // 1: the next one
  double starts_in = 0;  // seconds, by what the jobs before it are expected to take
};

class FairQueue {
 public:
  void add(const WaitingJob& job);
  bool remove(const std::string& id);
  // The first job of the owner who has been served least; nothing where none waits.
  std::optional<std::string> next() const;
  bool is_empty() const { return waiting_.empty(); }
  size_t size() const;
  size_t size_of(const std::string& owner) const;

  // What is computed now: its owner's turn goes on until another owner has been served less, or a
  // short job of theirs waits.
  void begin(const std::string& owner) { running_ = owner; }
  void end() { running_.reset(); }
  void serve(const std::string& owner, double seconds);
  bool is_anothers_turn() const;

  // The places of all that wait, as if each took the time that is expected, in turns of `slice`
  // seconds. `left`: of what is computed now.
  std::map<std::string, QueuePlace> places(double slice, double left) const;

 private:
  using Order = std::pair<bool, uint64_t>;  // long jobs after short ones, then as they came
  using Jobs = std::map<Order, WaitingJob>;
  double least_served() const;
  std::map<std::string, Jobs> waiting_;   // by owner; no owner without a job
  std::map<std::string, double> served_;  // seconds, by owner
  std::optional<std::string> running_;    // the owner of what is computed
};

}  // namespace lorahub::serve
