// One process at a time begins to write in a results folder.
#pragma once
#include <filesystem>

namespace lorahub::store {

// The file `begin.lock`, which only one process can make, on any file system. It is there for
// moments; one that a killed process has left is taken away. Waits, and says so;
// base::Interrupted when it waits in vain or a signal comes.
class Gate {
 public:
  explicit Gate(const std::filesystem::path& folder);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

 private:
  std::filesystem::path file_;
};

}  // namespace lorahub::store
