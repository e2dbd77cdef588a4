// Progress on stderr: a bar that redraws itself on a terminal, a line every 30 s elsewhere, nothing
// when quiet.
#pragma once
#include <string_view>

#include "base/clock.hpp"

namespace lorahub::base {

class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();  // leaves the terminal on a fresh line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` in [0, 1]; `text` says what is going on. It draws at most 10 times a second, so it may
  // be called often.
  void show(double done, std::string_view text);

 private:
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  double last_ = -1e9;  // seconds of `clock_` at the last drawing
  Stopwatch clock_;
};

}  // namespace lorahub::base
