// Bytes that a user hands in: of a file, of a pipe, or of standard input.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace lorahub::base {

// Reads from front to back. It waits for a pipe into which nobody writes: after three seconds
// standard error says so, and a signal that is blocked (base/signals.hpp) ends the wait.
class Input {
 public:
  // "-" is standard input. Error when there is no such file, when it is a folder, or when it may
  // not be read.
  explicit Input(const std::string& file);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // The number of bytes read, 0 at the end. Interrupted when the machine fails to read.
  size_t read(std::span<char> into);
  const std::string& name() const { return name_; }  // "standard input" for "-"

 private:
  void wait();  // for the first byte, or for the end

  std::string name_;
  int descriptor_ = -1;
  bool begun_ = false;
};

std::string read_input(const std::string& file);  // all of it; Error above 1 GiB

}  // namespace lorahub::base
