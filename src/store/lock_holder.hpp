// Who holds a lock file: what the file says, and whether that process lives.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "store/writer_lock.hpp"

namespace lorahub::store {

// "process 12 on host n1 since 2026-01-31T12:00:00Z", and a second line that tells this process
// from a later one of the same number.
std::string my_holder_text();

enum class HeldBy { nobody, here, elsewhere };  // elsewhere: a process of another host

struct LockState {
  HeldBy by = HeldBy::nobody;
  std::string holder;    // the first line of the file
  bool stopped = false;  // by SIGSTOP, or by its terminal
  double modified = 0;   // when the lock was renewed
};

// Changes nothing. `now` is by the clock of the file system (file_system_now).
LockState read_lock(const std::filesystem::path& file, Flock flock, double now);

// The time of the file system, in seconds since the epoch, from a file that is made in the folder
// for a moment. Interrupted or Error when it can't be made.
double file_system_now(const std::filesystem::path& folder);

// Opens a lock file for reading and writing, and makes it where it is missing. Error when it is no
// regular file; a link is none.
int open_lock(const std::filesystem::path& file);

}  // namespace lorahub::store
