#include "base/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/read_error.hpp"
#include "base/signals.hpp"
#include "base/wait_ready.hpp"

namespace lorahub::base {
namespace {

constexpr int kLookMilliseconds = 100;        // milliseconds between two looks at the signals
constexpr double kSilent = 3;                 // seconds of waiting before a word about it
constexpr size_t kLargest = size_t{1} << 30;  // bytes that are read at once

[[noreturn]] void refuse(const std::string& file, int error) {
  if (is_the_machines(error)) cannot_read(format("{}: can't be opened", file), file, error);
  throw FileError(error == ENOENT ? format("{}: no such file", file)
                                  : format("{}: can't be opened ({})", file, std::strerror(error)),
                  advice(error));
}

// Without O_NONBLOCK, opening a pipe waits for its writer, deaf to blocked signals.
int open_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) refuse(file, errno);
  struct stat info {};
  if (::fstat(descriptor, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(descriptor);
    fail("{}: is a folder, name a file in it", file);
  }
  return descriptor;
}

}  // namespace

Input::Input(const std::string& file)
    : name_(file == "-" ? "standard input" : file),
      descriptor_(file == "-" ? STDIN_FILENO : open_file(file)) {}

Input::~Input() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

void Input::wait() {
  const Stopwatch clock;
  for (bool said = false;;) {
    pollfd input{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (wait_ready({&input, 1}, kLookMilliseconds, name_)) return;
    throw_if_signalled();
    if (!begun_ && !said && clock.seconds() > kSilent) {
      fmt::print(stderr, "lorahub: waiting for {} (nothing has been written into it yet)\n", name_);
      said = true;
    }
  }
}

size_t Input::read(std::span<char> into) {
  for (;;) {
    wait();
    const ssize_t size = ::read(descriptor_, into.data(), into.size());
    if (size >= 0) {
      begun_ = true;
      return static_cast<size_t>(size);
    }
    if (errno == EINTR || errno == EAGAIN) continue;
    cannot_read(format("{}: can't be read", name_), name_, errno);
  }
}

std::string read_input(const std::string& file) {
  Input input(file);
  std::string all;
  std::array<char, 1 << 16> some;
  while (const size_t size = input.read(some)) {
    all.append(some.data(), size);
    check(all.size() <= kLargest,
          "{}: more than {} MiB (it has to fit in memory), is it the right "
          "file?",
          input.name(), kLargest >> 20);
  }
  return all;
}

}  // namespace lorahub::base
