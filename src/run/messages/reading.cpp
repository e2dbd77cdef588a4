#include "run/messages/reading.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace lorahub::run {

namespace fs = std::filesystem;

namespace {

// "" where there is no such file.
std::string state_of_file(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "";
  return base::format("{} {}:{} {} {}.{} {}.{}\n", path.filename().string(), info.st_dev,
                      info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                      info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

}  // namespace

std::string state_of(const fs::path& path) {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  if (boot.empty()) return "";
  std::vector<std::string> states;
  std::error_code error;
  if (fs::is_directory(path, error))
    for (const auto& entry : fs::directory_iterator(path, error))
      states.push_back(state_of_file(entry.path()));
  else
    states.push_back(state_of_file(path));
  if (error) return "";
  std::ranges::sort(states);
  return base::sha256(boot + "\n" + base::join(states, ""));
}

std::string digest(const NamedTexts& entries) {
  std::string text;
  for (const auto& [name, value] : entries) text += base::format("{}={}\n", name, value);
  return base::sha256(text);
}

bool is_of_rows(const std::string& name) {
  return name == "shots" || name == "test" || name == "pool file" || name == "test file";
}

NamedTexts files_of(const std::map<std::string, std::string>& inputs) {
  NamedTexts files;
  for (const auto& [name, hash] : inputs)
    if (!is_of_rows(name)) files.emplace_back(name, hash);
  return files;
}

}  // namespace lorahub::run
