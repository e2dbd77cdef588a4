#include "base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace lorahub::base {

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (drawn_ && terminal_) fmt::print(stderr, "\n");
}

void Progress::show(double done, std::string_view text) {
  const double now = clock_.seconds();
  if (quiet_ || now - last_ < (terminal_ ? 0.1 : 30)) return;
  last_ = now;
  drawn_ = true;
  done = std::clamp(done, 0.0, 1.0);
  const double left = done > 0.01 ? now / done - now : -1;
  const std::string time = left >= 0 ? format(", {} left", duration(left)) : "";
  const std::string shown = printable_line(text);
  if (!terminal_) {
    fmt::print(stderr, "{:3.0f}% {}{}\n", 100 * done, shown, time);
    return;
  }
  const int filled = static_cast<int>(20 * done);
  fmt::print(stderr, "\r\x1b[K[{:=<{}}{: <{}}] {:3.0f}% {}{}", "", filled, "", 20 - filled,
             100 * done, shown, time);
  std::fflush(stderr);
}

}  // namespace lorahub::base
