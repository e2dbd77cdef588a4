#include "base/writer_mark.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>

#include "base/check.hpp"
#include "base/host.hpp"
#include "base/process_status.hpp"

namespace lorahub::base {
namespace {

// Names the host and the namespace in which the numbers of processes are unique.
std::string process_space() {
  char space[64] = {};
  const ssize_t size = ::readlink("/proc/self/ns/pid", space, sizeof space - 1);
  const size_t hash = std::hash<std::string>{}(
      host_name() + std::string(space, size > 0 ? static_cast<size_t>(size) : 0));
  return format("{:08x}", hash & 0xFFFFFFFFU);
}

}  // namespace

std::string writer_mark() {
  static std::atomic<unsigned> number = 0;
  return format("{}-{}-{}", process_space(), ::getpid(), ++number);
}

bool is_writer_gone(const std::string& mark) {
  const std::string here = process_space() + "-";
  if (!mark.starts_with(here)) return false;
  const pid_t writer = std::atoi(mark.c_str() + here.size());
  if (writer <= 0) return false;
  return (::kill(writer, 0) != 0 && errno == ESRCH) || process_status(writer).state == 'Z';
}

}  // namespace lorahub::base
