// One writer per journal, and who it is.
#pragma once
#include <filesystem>
#include <string>
#include <thread>

namespace lorahub::store {

// Held until destruction by the file `<journal>.lock`, which says host, process and since when. A
// lock whose process is gone is taken over; so is that of another host that has not renewed it for
// kStale seconds (file systems whose locks do not reach other hosts). Error naming the holder
// otherwise.
class WriterLock {
 public:
  explicit WriterLock(const std::filesystem::path& journal);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

  static constexpr double kStale = 90;  // seconds

 private:
  void renew(const std::stop_token& stop) const;
  int descriptor_ = -1;
  std::jthread renewing_;
};

}  // namespace lorahub::store
