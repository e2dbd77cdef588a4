#include "base/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/descriptor.hpp"
#include "base/fault.hpp"
#include "base/put_folder.hpp"
#include "base/read_error.hpp"
#include "base/writer_mark.hpp"

namespace lorahub::base {
namespace {

Descriptor open_file(const Path& path, int flags) {
  const int number = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666);  // nor on a FIFO
  if (number < 0) cannot_read(format("cannot open {}", path.string()), path, errno);
  return Descriptor(number);
}

size_t page_size() { return static_cast<size_t>(::getpagesize()); }

// No two writers of one file share a name.
Path temporary_name(const Path& path) {
  return format("{}.{}{}", path.string(), writer_mark(), kTemporaryExtension);
}

// Whether a name is that of a temporary file of `path` whose writer, of this host, is gone.
bool is_left_behind(const std::string& name, const std::string& before) {
  if (!name.starts_with(before) || !name.ends_with(kTemporaryExtension)) return false;
  return is_writer_gone(name.substr(before.size()));
}

// Removes what a killed writer of `path` has left.
void remove_left_behind(const Path& path) {
  const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
  const std::string before = path.filename().string() + ".";
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    if (is_left_behind(entry->path().filename().string(), before)) ::unlink(entry->path().c_str());
}

void make_folder_of(const Path& file) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  if (error)
    cannot(format("cannot make the folder {}", file.parent_path().string()), error.value());
}

Path ready_to_be_written(const Path& path) {
  make_folder_of(path);
  remove_left_behind(path);
  return path;
}

}  // namespace

std::string read_file(const Path& path) {
  const MappedFile file(path);
  return std::string(file.bytes());
}

FileWriter::FileWriter(const Path& path)
    : path_(ready_to_be_written(path)),
      temporary_(temporary_name(path)),
      file_(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
  if (file_ < 0) cannot(format("cannot write {}", path.string()), errno);
}

FileWriter::~FileWriter() {
  if (file_ >= 0 && !in_place_) ::unlink(temporary_.c_str());
}

void FileWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) cannot(format("cannot write {}", path_.string()), errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void FileWriter::put_in_place() {
  if (::fsync(file_) != 0) cannot(format("cannot write {} to the disk", path_.string()), errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0)
    cannot(format("cannot write {}", path_.string()), errno);
  in_place_ = true;
  sync_folder_of(path_);
}

void write_file(const Path& path, std::string_view content) {
  FileWriter file(path);
  file.write(content);
  file.put_in_place();
}

void check_writable(const Path& path) {
  Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
  std::error_code error;
  while (std::filesystem::status(folder, error).type() == std::filesystem::file_type::not_found &&
         folder.has_relative_path())
    folder = folder.has_parent_path() ? folder.parent_path() : Path(".");
  const Path trial = temporary_name(folder / path.filename());
  const int file = ::open(trial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) cannot(format("cannot write {}", path.string()), errno);
  const Descriptor closed_at_the_end(file);
  ::unlink(trial.c_str());
}

MappedFile::MappedFile(const Path& path) : path_(path) {
  const Descriptor file =
      open_file(path, O_RDONLY | O_NONBLOCK);  // a pipe without a writer is not waited for
  struct stat info {};
  if (::fstat(file, &info) != 0) cannot(format("cannot read {}", path.string()), errno);
  check(
      S_ISREG(info.st_mode),
      "{} is not a regular file (a pipe or device can't be read again), copy what it holds into a "
      "file",
      path.string());
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) return;
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0);
  if (data == MAP_FAILED) cannot_read(format("cannot map {}", path.string()), path, errno);
  data_ = static_cast<const char*>(data);
  range_.emplace(data_, size_, path.string());
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

// The files are not mapped by name, since other files may stand at the names by now.
std::shared_ptr<const MappedRows> MappedRows::of(const Files& files) {
  const size_t size = files.at(0)->bytes().size();
  const size_t stride = (size + page_size() - 1) / page_size() * page_size();
  const auto fits = [size](const auto& file) { return file->bytes().size() == size; };
  if (size == 0 || !std::ranges::all_of(files, fits)) return nullptr;
  void* all = ::mmap(nullptr, files.size() * stride, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED) return nullptr;
  const std::shared_ptr<MappedRows> rows(
      new MappedRows(static_cast<char*>(all), files.size(), stride));
  for (size_t i = 0; i < files.size(); ++i) {
    // Length 0 makes a second view of the same pages instead of a move (mremap(2)).
    if (::mremap(const_cast<char*>(files[i]->bytes().data()), 0, size,
                 MREMAP_MAYMOVE | MREMAP_FIXED, static_cast<char*>(all) + i * stride) == MAP_FAILED)
      return nullptr;
    rows->ranges_.push_back(
        std::make_unique<MappedRange>(rows->row(i), stride, files[i]->path().string()));
  }
  return rows;
}

MappedRows::~MappedRows() { ::munmap(data_, count_ * stride_); }

// The system cuts what it is asked for at once to its own read-ahead, 128 KiB where nobody set it.
void read_ahead(std::string_view mapped) {
  constexpr size_t kPiece = 128 << 10;
  const size_t before = reinterpret_cast<uintptr_t>(mapped.data()) % page_size();
  char* begin = const_cast<char*>(mapped.data()) - before;
  const size_t size = before + mapped.size();
  for (size_t at = 0; at < size; at += kPiece)
    (void)::madvise(begin + at, std::min(kPiece, size - at), MADV_WILLNEED);
}

}  // namespace lorahub::base
