// Reads, maps and writes files; a kill or a power cut while writing leaves the old or the new
// content, never half of it. Failures are a FileError or a MachineFault (fault.hpp).
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/mapped_range.hpp"

namespace lorahub::base {

using Path = std::filesystem::path;

std::string read_file(const Path& path);  // Error when it can't be read

inline constexpr std::string_view kTemporaryExtension = ".tmp";

// Writes a temporary file beside `path`, which no other writer uses (its name ends in .tmp). Makes
// the folder; removes what killed writers of this host have left. Error when not possible.
class FileWriter {
 public:
  explicit FileWriter(const Path& path);
  ~FileWriter();  // without put_in_place(), nothing is left
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  void write(std::string_view bytes);
  void put_in_place();  // fsyncs the file, renames it over `path` and fsyncs the folder

 private:
  Path path_, temporary_;
  Descriptor file_;
  bool in_place_ = false;
};

void write_file(const Path& path, std::string_view content);  // by a FileWriter

// Error where write_file() could not write there, so that a command finds it before it computes.
// Makes no folder and leaves nothing behind.
void check_writable(const Path& path);

// A read-only view of a file, shared between the processes of a node. A file that shrinks meanwhile
// ends the program with a sentence (mapped_range.hpp).
class MappedFile {
 public:
  explicit MappedFile(const Path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {data_, size_}; }
  const Path& path() const { return path_; }

 private:
  Path path_;
  const char* data_ = nullptr;
  size_t size_ = 0;
  std::optional<MappedRange> range_;
};

// Maps the pages of N mapped files of one size once more, one file behind the other.
class MappedRows {
 public:
  using Files = std::vector<std::shared_ptr<const MappedFile>>;
  // nullptr where sizes differ, a file is empty, or the system can't map pages twice.
  static std::shared_ptr<const MappedRows> of(const Files& files);
  ~MappedRows();
  MappedRows(const MappedRows&) = delete;
  MappedRows& operator=(const MappedRows&) = delete;
  const char* row(size_t i) const { return data_ + i * stride_; }
  size_t stride() const { return stride_; }  // bytes from row to row: whole pages

 private:
  MappedRows(char* data, size_t count, size_t stride)
      : data_(data), count_(count), stride_(stride) {}
  char* data_;
  size_t count_, stride_;
  std::vector<std::unique_ptr<MappedRange>> ranges_;  // by row
};

// Makes the system read these bytes of a mapped file in the background and in order, which from a
// disk is many times faster than page by page as they are touched.
void read_ahead(std::string_view mapped);

}  // namespace lorahub::base
