#include "base/log.hpp"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "base/clock.hpp"
#include "base/fault.hpp"
#include "base/printable.hpp"

namespace lorahub::base {

Log::Log(const std::filesystem::path& file, int rank) : rank_(rank) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK;  // a FIFO blocks
  const int descriptor = ::open(file.c_str(), kFlags, 0666);
  if (descriptor >= 0) file_ = ::fdopen(descriptor, "a");
  if (file_ == nullptr) cannot(format("cannot write the log {}", file.string()), errno);
}

Log::~Log() {
  if (file_ != nullptr) std::fclose(file_);
}

Log::Log(Log&& other) noexcept : file_(std::exchange(other.file_, nullptr)), rank_(other.rank_) {}

Log& Log::operator=(Log&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(rank_, other.rank_);
  return *this;
}

void Log::line(std::string_view event, std::string_view details) const {
  if (file_ == nullptr) return;
  fmt::print(file_, "{} rank={} {} {}\n", utc_now(), rank_, event, printable_line(details));
  std::fflush(file_);
}

}  // namespace lorahub::base
