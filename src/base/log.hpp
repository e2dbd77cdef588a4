// A log file per rank: one line per event: time, rank, event, details (printable, on that line).
#pragma once
#include <cstdio>
#include <filesystem>
#include <string_view>

namespace lorahub::base {

class Log {
 public:
  Log() = default;                                   // a log that writes nowhere
  Log(const std::filesystem::path& file, int rank);  // appends; makes the folder
  ~Log();
  Log(Log&& other) noexcept;
  Log& operator=(Log&& other) noexcept;
  void line(std::string_view event, std::string_view details) const;

 private:
  std::FILE* file_ = nullptr;
  int rank_ = 0;
};

}  // namespace lorahub::base
