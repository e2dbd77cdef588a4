#include "base/free_memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/text.hpp"

namespace lorahub::base {
namespace {

constexpr double kNoLimit = 1e18;  // version 1 writes about 2^63 where there is no limit

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

std::optional<double> number_in(const Path& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return number(word);
}

// The number behind `key` at the begin of a line: "MemAvailable:  123 kB", "inactive_file 123".
std::optional<double> number_behind(const Path& file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return number(strip(line.substr(key.size())));
  return std::nullopt;
}

// Names of a control group's files.
struct Version {
  std::string folder, limit, usage, cache;
};
const Version kOne{.folder = "sys/fs/cgroup/memory",
                   .limit = "memory.limit_in_bytes",
                   .usage = "memory.usage_in_bytes",
                   .cache = "total_inactive_file "};
const Version kTwo{.folder = "sys/fs/cgroup",
                   .limit = "memory.max",
                   .usage = "memory.current",
                   .cache = "inactive_file "};

void add_group(const Path& folder, const Version& version, std::vector<MemoryLimit>& limits) {
  const std::optional<double> limit = number_in(folder / version.limit);
  const std::optional<double> usage = number_in(folder / version.usage);
  if (!limit || !usage || *limit > kNoLimit) return;
  const double cache = number_behind(folder / "memory.stat", version.cache).value_or(0);
  limits.push_back({.name = "the control group's limit",
                    .place = folder.string(),
                    .free = std::max(0.0, *limit - *usage + cache)});
}

// Adds the control group of this process and those around it. In a container the path may be that
// of the host; then the top of what is mounted is the container's own group.
void add_groups(const Path& root, std::vector<MemoryLimit>& limits) {
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.size() < 3) continue;
    const bool two = fields[0] == "0" && fields[1].empty();
    if (!two && fields[1].find("memory") == std::string::npos) continue;
    const Version& version = two ? kTwo : kOne;
    const Path top = root / version.folder;
    for (Path group = Path(fields[2]).relative_path();; group = group.parent_path()) {
      add_group(group.empty() ? top : top / group, version, limits);
      if (group.empty()) break;
    }
  }
}

void add_own(const Path& root, std::vector<MemoryLimit>& limits) {
  rlimit most{};
  if (::getrlimit(RLIMIT_AS, &most) != 0 || most.rlim_cur == RLIM_INFINITY) return;
  const double used = number_in(root / "proc/self/statm").value_or(0) *
                      static_cast<double>(::sysconf(_SC_PAGE_SIZE));
  limits.push_back({.name = "what ulimit -v still allows",
                    .place = "",
                    .free = std::max(0.0, static_cast<double>(most.rlim_cur) - used)});
}

}  // namespace

std::vector<MemoryLimit> memory_limits(const Path& root) {
  std::vector<MemoryLimit> limits;
  if (const auto available = number_behind(root / "proc/meminfo", "MemAvailable:"))
    limits.push_back(
        {.name = "the machine's free memory", .place = "machine", .free = *available * 1024});
  add_groups(root, limits);
  add_own(root, limits);
  return limits;
}

}  // namespace lorahub::base
