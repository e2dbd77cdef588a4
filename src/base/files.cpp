#include "base/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fault.hpp"

namespace lorahub::base {
namespace {

class Descriptor {
 public:
  Descriptor(const Path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (number_ < 0) cannot(format("cannot open {}", path.string()), errno);
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }

 private:
  int number_;
};

size_t page_size() { return static_cast<size_t>(::getpagesize()); }

void sync(const Path& path, int flags) {
  const Descriptor file(path, flags);
  if (::fsync(file) != 0) cannot(format("cannot write {} to the disk", path.string()), errno);
}

}  // namespace

std::string read_file(const Path& path) {
  const MappedFile file(path);
  return std::string(file.bytes());
}

void sync_and_rename(const Path& from, const Path& to) {
  sync(from, O_RDONLY);
  if (std::rename(from.c_str(), to.c_str()) != 0)
    cannot(format("cannot write {}", to.string()), errno);
  sync(to.has_parent_path() ? to.parent_path() : Path("."), O_RDONLY | O_DIRECTORY);
}

void write_file(const Path& path, std::string_view content) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error)
    cannot(format("cannot make the folder {}", path.parent_path().string()), error.value());
  const Path temporary = path.string() + ".tmp";
  {
    const Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    while (!content.empty()) {
      const ssize_t written = ::write(file, content.data(), content.size());
      if (written <= 0) cannot(format("cannot write {}", temporary.string()), errno);
      content.remove_prefix(static_cast<size_t>(written));
    }
  }
  sync_and_rename(temporary, path);
}

MappedFile::MappedFile(const Path& path) : path_(path) {
  const Descriptor file(path, O_RDONLY | O_NONBLOCK);  // a pipe without a writer is not waited for
  struct stat info {};
  if (::fstat(file, &info) != 0) cannot(format("cannot read {}", path.string()), errno);
  check(S_ISREG(info.st_mode), "{} is not a regular file", path.string());
  size_ = static_cast<size_t>(info.st_size);
  if (size_ == 0) return;
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0);
  if (data == MAP_FAILED) cannot(format("cannot map {}", path.string()), errno);
  data_ = static_cast<const char*>(data);
  range_.emplace(data_, size_, path.string());
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

// Not by name: what is at the names may have been replaced since it was read.
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
    // Of length 0: a second view of the same pages instead of a move (mremap(2)).
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
