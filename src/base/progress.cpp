#include "base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>

#include "base/launcher.hpp"
#include "base/printable.hpp"
#include "base/process_status.hpp"
#include "base/text.hpp"

namespace lorahub::base {
namespace {

constexpr double kRedraw = 0.1;  // seconds between two drawings of a bar
// Seconds between two lines: a few at the beginning, and never so few that they fill a log.
constexpr double kLeastShare = 0.01;  // of the work, by which its speed is known
constexpr double kLeastPause = 5, kMostPause = 30, kPauseShare = 0.05;

bool is_terminal_of(int process) {
  std::error_code error;
  const std::string target =
      std::filesystem::read_symlink(format("/proc/{}/fd/2", process), error).string();
  return target.starts_with("/dev/pts/") || target.starts_with("/dev/tty");
}

bool mpirun_has_terminal() {
  static const std::set<std::string> launchers{"mpirun", "mpiexec", "orterun", "prterun", "prun"};
  pid_t process = ::getppid();
  for (int generation = 0; generation < 4 && process > 1; ++generation) {
    const ProcessStatus status = process_status(process);
    if (launchers.contains(status.name)) return is_terminal_of(process);
    process = status.parent;
  }
  return false;
}

}  // namespace

bool stderr_reaches_terminal() {
  if (::isatty(STDERR_FILENO) == 1) return true;
  return launched_rank().has_value() && mpirun_has_terminal();
}

void erase_bar() {
  if (stderr_reaches_terminal()) fmt::print(stderr, "\r\x1b[K");
}

Progress::Progress(bool quiet, FirstLine first)
    : quiet_(quiet),
      terminal_(stderr_reaches_terminal()),
      last_(first == FirstLine::at_once || terminal_ ? -1e9 : 0) {}

Progress::~Progress() {
  if (drawn_ && terminal_) fmt::print(stderr, "\n");
}

double Progress::pause(double now) const {
  return terminal_ ? kRedraw : std::clamp(kPauseShare * now, kLeastPause, kMostPause);
}

double TimeLeft::seconds(double done, double now) {
  if (done < 0) return -1;
  if (begun_at_ < 0 || done < begun_with_) {
    begun_with_ = done;
    begun_at_ = now;
  }
  const double gained = done - begun_with_;
  if (!(gained > kLeastShare) || done >= 1) return -1;
  return (now - begun_at_) / gained * (1 - done);
}

void Progress::show(double done, std::string_view text) {
  const double now = clock_.seconds();
  const double left = left_.seconds(done, now);
  if (quiet_ || now - last_ < pause(now)) return;
  last_ = now;
  draw(done, text, left);
}

void Progress::begin(double done, std::string_view text) {
  const double now = clock_.seconds();
  left_ = {};
  const double left = left_.seconds(done, now);
  if (quiet_ || (!terminal_ && now - last_ < pause(now))) return;
  draw(done, text, left);
}

void Progress::draw(double done, std::string_view text, double left) {
  drawn_ = true;
  const bool is_known = done >= 0;
  done = std::clamp(done, 0.0, 1.0);
  const std::string time = left >= 0 ? format(", {} left", duration(left)) : "";
  const std::string share = is_known ? format("{:3.0f}% ", 100 * done) : "";
  const std::string shown = printable_line(text);
  if (!terminal_) {
    fmt::print(stderr, "{}{}{}\n", share, shown, time);
    return;
  }
  const int filled = static_cast<int>(20 * done);
  const std::string bar =
      is_known ? format("[{:=<{}}{: <{}}] ", "", filled, "", 20 - filled) : std::string();
  fmt::print(stderr, "\r\x1b[K{}{}{}{}", bar, share, shown, time);
  std::fflush(stderr);
}

}  // namespace lorahub::base
