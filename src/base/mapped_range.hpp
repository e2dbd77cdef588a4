// Bytes of mapped files, known to the handler of SIGBUS: a file that somebody cuts short while it
// is mapped ends the program with a sentence and exit code 75, not with a bus error.
#pragma once
#include <cstddef>
#include <string>

namespace lorahub::base {

// While this lives, reading bytes of the range that its file has no more ends the process: one
// sentence on standard error that names the file, then exit code 75. Several threads may use it.
class MappedRange {
 public:
  MappedRange(const void* data, size_t size, const std::string& file);
  ~MappedRange();
  MappedRange(const MappedRange&) = delete;
  MappedRange& operator=(const MappedRange&) = delete;

  struct Entry;  // of the list that the handler reads

 private:
  std::string sentence_;
  Entry* entry_;
};

}  // namespace lorahub::base
