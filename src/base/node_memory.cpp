#include "base/node_memory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/descriptor.hpp"
#include "base/fault.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"

namespace lorahub::base {
namespace {

constexpr int kSealed = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;  // the content is complete

// Where the processes of a user meet: a file that says who holds the memory, locked while it is
// made. A file that a killed process left is overwritten by the next one.
class Meeting {
 public:
  explicit Meeting(const std::string& name) {
    std::error_code error;
    const Path folder =
        std::filesystem::temp_directory_path(error) / format("lorahub-{}", ::getuid());
    if (error || (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)) return;
    struct stat info {};
    if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) ||
        info.st_uid != ::getuid() || (info.st_mode & 077) != 0)
      return;  // somebody else's
    path_ = folder / name;
    while (!open_and_lock()) {
    }
  }
  ~Meeting() {
    if (file_ >= 0) ::close(file_);
  }
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;

  std::string holder() const {  // a path to the memory; may be stale
    char text[64] = {};
    const ssize_t length = file_ < 0 ? 0 : ::pread(file_, text, sizeof text - 1, 0);
    return {text, static_cast<size_t>(std::max<ssize_t>(length, 0))};
  }
  void set_holder(const std::string& path) const {
    if (file_ < 0 || ::ftruncate(file_, 0) != 0) return;
    const ssize_t written = ::pwrite(file_, path.data(), path.size(), 0);
    if (written != static_cast<ssize_t>(path.size())) (void)!::ftruncate(file_, 0);
  }
  void end() const {
    if (file_ >= 0) ::unlink(path_.c_str());
  }

 private:
  // False when the file was removed between the two: it has to be made again.
  bool open_and_lock() {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) return true;
    while (::flock(file_, LOCK_EX) != 0 && errno == EINTR) {
    }
    struct stat info {};
    if (::fstat(file_, &info) != 0 || info.st_nlink > 0) return true;
    ::close(std::exchange(file_, -1));
    return false;
  }

  Path path_;
  int file_ = -1;
};

std::string memory_name(const std::string& name) { return "lorahub-" + name; }

std::string path_of(int memory) { return format("/proc/{}/fd/{}", ::getpid(), memory); }

// Returns -1 when what is at `path` is not the complete memory of this name.
int open_complete(const std::string& path, const std::string& name, size_t bytes) {
  std::error_code error;
  const std::string target = std::filesystem::read_symlink(path, error).string();
  if (error || target != format("/memfd:{} (deleted)", memory_name(name))) return -1;
  const int memory = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) return -1;
  struct stat info {};
  const bool complete = ::fstat(memory, &info) == 0 && static_cast<size_t>(info.st_size) == bytes &&
                        (::fcntl(memory, F_GET_SEALS) & kSealed) == kSealed;
  if (complete) return memory;
  ::close(memory);
  return -1;
}

// Returns -1 where the system gives none (for a limit on the length of files, say).
int open_new(const std::string& name, size_t bytes) {
  const int memory = ::memfd_create(memory_name(name).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memory < 0 || ::ftruncate(memory, static_cast<off_t>(bytes)) == 0) return memory;
  ::close(memory);
  return -1;
}

// Maps the memory of a descriptor or, for -1, new memory of this process.
NodeMemory::Mapping map(int memory, size_t bytes, int rights) {
  const int kind = memory < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* data = ::mmap(nullptr, bytes, rights, kind, memory, 0);
  if (data == MAP_FAILED) cannot(format("{} bytes of memory can't be had", bytes), errno);
  return {static_cast<char*>(data), [bytes](char* at) { ::munmap(at, bytes); }};
}

}  // namespace

std::string file_identity(const Path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) cannot(format("cannot read {}", path.string()), errno);
  return format("{}:{}:{}:{}.{:09}", info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec,
                info.st_mtim.tv_nsec);
}

std::shared_ptr<const NodeMemory> NodeMemory::get(const std::string& key, size_t bytes,
                                                  const std::function<void(char*)>& fill) {
  const std::string name = sha256(file_identity("/proc/self/exe") + "|" + key).substr(0, 32);
  const Meeting meeting(name);
  const auto held = [&](int memory) {
    return std::make_shared<NodeMemory>(name, memory, map(memory, bytes, PROT_READ));
  };
  const int found = open_complete(meeting.holder(), name, bytes);
  if (found >= 0) return held(found);
  const Descriptor made(open_new(name, bytes));
  const int kept =  // one that only reads: what is sealed can't be mapped by another
      ::open(format("/proc/self/fd/{}", static_cast<int>(made)).c_str(), O_RDONLY | O_CLOEXEC);
  Mapping writable = map(kept < 0 ? -1 : made, bytes, PROT_READ | PROT_WRITE);
  fill(writable.get());
  if (kept < 0) return std::make_shared<NodeMemory>(name, -1, std::move(writable));
  writable.reset();
  ::fcntl(made, F_ADD_SEALS, kSealed);
  meeting.set_holder(path_of(kept));
  return held(kept);
}

NodeMemory::NodeMemory(std::string name, int descriptor, Mapping data)
    : name_(std::move(name)), descriptor_(descriptor), data_(std::move(data)) {}

NodeMemory::~NodeMemory() {
  if (descriptor_ < 0) return;
  {
    const Meeting meeting(name_);
    if (meeting.holder() == path_of(descriptor_)) meeting.end();
  }
  ::close(descriptor_);
}

}  // namespace lorahub::base
