// Files: whole, mapped, and written so that a kill or a power cut leaves the old or the new
// content, never half of it.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace lorahub::base {

using Path = std::filesystem::path;

std::string read_file(const Path& path);  // Error when it can't be read

// Writes path.tmp, fsyncs it, renames it over `path` and fsyncs the folder. Makes the folder. Error
// when not possible.
void write_file(const Path& path, std::string_view content);
void sync_and_rename(const Path& from, const Path& to);  // for files that a library wrote

// A read-only view of a file, shared between the processes of a node. The file must not shrink
// meanwhile.
class MappedFile {
 public:
  explicit MappedFile(const Path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace lorahub::base
