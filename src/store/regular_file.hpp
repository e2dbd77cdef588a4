// Reads a file of a results folder.
#pragma once
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "base/descriptor.hpp"

namespace lorahub::store {

// An open file, which stays the one that was opened when another file takes its name. It is read
// and not mapped, since another process may cut it short meanwhile.
class RegularFile {
 public:
  // Error when it can't be read or is no regular file (a FIFO would block for ever).
  explicit RegularFile(const std::filesystem::path& path);
  const std::filesystem::path& path() const { return path_; }
  size_t size() const { return static_cast<size_t>(opened_.st_size); }  // bytes, when it was opened
  std::string read(size_t offset, size_t most) const;  // fewer bytes where the file ends
  // Another path to the same file, while this lives.
  std::filesystem::path descriptor_path() const;
  // Error when the file was written since it was opened, or can't be read any more.
  void check_unchanged() const;

 private:
  std::filesystem::path path_;
  base::Descriptor open_;
  struct stat opened_ {};
};

std::string read_regular_file(const std::filesystem::path& path);  // Error as for RegularFile

}  // namespace lorahub::store
