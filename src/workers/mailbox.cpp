#include "workers/mailbox.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"

namespace lorahub::workers {
namespace {
constexpr int kTag = 1;

// Open MPI looks at its sockets in every eighth call only when it has shared memory too; between
// sleeps of 1 ms a message from another node would wait 8 ms.
constexpr int kProbes = 8;

void check_length(bool ok) {
  base::check(ok,
              "a message between ranks has another length than it says (the ranks may be different "
              "builds), start the same program on all nodes");
}

Head head_of(const std::string& frame) {
  Head head;
  check_length(frame.size() >= sizeof head);
  std::memcpy(&head, frame.data(), sizeof head);
  return head;
}
}  // namespace

Mailbox::Mailbox(MPI_Comm comm) : comm_(comm) {
  int size = 0;
  MPI_Comm_size(comm, &size);
  frames_.resize(static_cast<size_t>(size));
}

void Mailbox::post(const std::vector<int>& ranks, Head head, const std::string& bytes) {
  head.bytes = bytes.size();
  std::string text(sizeof head + bytes.size(), '\0');
  std::memcpy(text.data(), &head, sizeof head);
  std::copy(bytes.begin(), bytes.end(), text.begin() + sizeof head);
  const auto frame = std::make_shared<const std::string>(std::move(text));
  for (const int rank : ranks) {
    // Messages of one sender to one receiver arrive in the order of the calls (MPI 3.1, 3.5).
    for (size_t begin = 0; begin < frame->size(); begin += kChunk) {
      const size_t count = std::min(kChunk, frame->size() - begin);
      Sending& sending = sending_.emplace_back(Sending{MPI_REQUEST_NULL, frame});
      MPI_Isend(frame->data() + begin, static_cast<int>(count), MPI_BYTE, rank, kTag, comm_,
                &sending.request);
    }
  }
}

bool Mailbox::progress() {
  ++turns_;
  const bool sent = test_sends();
  const bool came = receiving_ ? test_receive() : start_receive();
  return sent || came;
}

bool Mailbox::test_sends() {
  const auto done = [](Sending& sending) {
    int flag = 0;
    MPI_Test(&sending.request, &flag, MPI_STATUS_IGNORE);
    return flag != 0;
  };
  return sending_.remove_if(done) > 0;
}

bool Mailbox::start_receive() {
  int flag = 0;
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status;
  for (int probe = 0; probe < kProbes && flag == 0; ++probe) {
    MPI_Improbe(MPI_ANY_SOURCE, kTag, comm_, &flag, &message, &status);
  }
  if (flag == 0) return false;
  int count = 0;
  MPI_Get_count(&status, MPI_BYTE, &count);
  std::string& frame = frames_[static_cast<size_t>(status.MPI_SOURCE)];
  const size_t begin = frame.size();
  frame.resize(begin + static_cast<size_t>(count));
  receiving_ = Receiving{.request = MPI_REQUEST_NULL, .rank = status.MPI_SOURCE};
  MPI_Imrecv(frame.data() + begin, count, MPI_BYTE, &message, &receiving_->request);
  test_receive();
  return true;
}

bool Mailbox::test_receive() {
  int flag = 0;
  for (int probe = 0; probe < kProbes && flag == 0; ++probe) {
    MPI_Test(&receiving_->request, &flag, MPI_STATUS_IGNORE);
  }
  if (flag == 0) return false;
  const int rank = receiving_->rank;
  receiving_.reset();
  std::string& frame = frames_[static_cast<size_t>(rank)];
  const Head head = head_of(frame);
  const size_t whole = sizeof head + head.bytes;
  check_length(frame.size() <= whole);
  if (frame.size() == whole) {
    inbox_.push_back({.rank = rank, .head = head, .bytes = frame.substr(sizeof head)});
    frame = {};
  } else {
    frame.reserve(whole);
  }
  return true;
}

std::optional<Message> Mailbox::take() {
  if (inbox_.empty()) return std::nullopt;
  Message message = std::move(inbox_.front());
  inbox_.pop_front();
  return message;
}

}  // namespace lorahub::workers
