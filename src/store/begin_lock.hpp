// Lets one process at a time begin to write in a results folder.
#pragma once
#include <filesystem>

namespace lorahub::store {

// The file `begin.lock`, which only one process can make, on any file system. A process holds it
// for moments; one that a killed process has left is removed. The constructor waits, and says so;
// base::Interrupted when it waits in vain or a signal comes.
class BeginLock {
 public:
  explicit BeginLock(const std::filesystem::path& folder);
  ~BeginLock();
  BeginLock(const BeginLock&) = delete;
  BeginLock& operator=(const BeginLock&) = delete;

 private:
  std::filesystem::path file_;
};

}  // namespace lorahub::store
