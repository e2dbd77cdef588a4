#include "base/file_copy.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "base/check.hpp"
#include "base/descriptor.hpp"
#include "base/read_error.hpp"

namespace lorahub::base {
namespace {

constexpr size_t kLargePage = size_t{2} << 20U;

}  // namespace

LargeBuffer::LargeBuffer(size_t bytes) {
  if (bytes < kLargePage) {
    data_.reset(static_cast<char*>(std::malloc(std::max<size_t>(bytes, 1))));
  } else {
    const size_t whole = (bytes + kLargePage - 1) / kLargePage * kLargePage;
    data_.reset(static_cast<char*>(std::aligned_alloc(kLargePage, whole)));
    if (data_) ::madvise(data_.get(), whole, MADV_HUGEPAGE);  // no more than a wish
  }
  if (!data_) throw std::bad_alloc();
}

FileCopy::FileCopy(const std::filesystem::path& path) {
  const auto failed = [&] { cannot_read(format("cannot read {}", path.string()), path, errno); };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (file < 0 || ::fstat(file, &info) != 0) failed();
  const auto size = static_cast<size_t>(info.st_size);
  buffer_ = LargeBuffer(size);
  while (size_ < size) {
    const ssize_t more = ::read(file, buffer_.data() + size_, size - size_);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) failed();
    if (more == 0) return;  // it was cut short
    size_ += static_cast<size_t>(more);
  }
}

}  // namespace lorahub::base
