// Messages of any length between the ranks of a communicator, by non-blocking calls only. It
// is our own, since wrappers of MPI block, count in int, or need a length that is known before.
#pragma once
#include <mpi.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lorahub::workers {

enum class Kind : int32_t {
  request,    // coordinator: compute this
  outcome,    // worker: the reply or failure of a request; `code` is its Result
  heartbeat,  // either: the rank is alive
  dismiss,    // coordinator: leave with exit code `code`
  abandon,    // coordinator: a rank is lost; end the process at once with `code`
  goodbye,    // worker: the last message of a rank
};

// Stands before the bytes of every message.
struct Head {
  uint64_t ticket = 0;  // of the request
  uint64_t bytes = 0;
  double seconds = 0;  // of computing
  Kind kind = Kind::request;
  int32_t code = 0;
};

struct Message {
  int rank = 0;  // the sender
  Head head;
  std::string bytes;
};

// Longer messages travel in several MPI messages: MPI counts are int, and a slow reader is not
// swamped.
inline constexpr size_t kChunk = size_t{16} << 20;  // bytes

class Mailbox {
 public:
  explicit Mailbox(MPI_Comm comm);

  // Queues the message for all `ranks`; they share one copy of it. Returns at once; progress() does
  // the rest.
  void post(const std::vector<int>& ranks, Head head, const std::string& bytes);

  // Lets MPI work on what is under way. True when something moved.
  bool progress();
  // How often progress() has begun; another thread may look at it.
  const std::atomic<uint64_t>& turns() const { return turns_; }
  bool sent() const { return sending_.empty(); }
  std::optional<Message> take();  // the oldest complete message, if any

 private:
  struct Sending {
    MPI_Request request;
    std::shared_ptr<const std::string> frame;
  };
  struct Receiving {
    MPI_Request request;
    int rank;
  };
  bool test_sends();
  bool start_receive();
  bool test_receive();

  MPI_Comm comm_;
  std::atomic<uint64_t> turns_ = 0;
  std::list<Sending> sending_;
  std::optional<Receiving> receiving_;  // one piece at a time
  std::vector<std::string> frames_;  // by sender: the bytes received so far of its current message
  std::deque<Message> inbox_;
};

}  // namespace lorahub::workers
