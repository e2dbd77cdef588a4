#include "base/node_memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>
#include <stdexcept>

namespace lorahub::base {
namespace {

constexpr size_t kBytes = 1 << 20;

// Counters that forked processes share.
struct Shared {
  std::atomic<int> fills = 0, right = 0, filling = 0;
};
Shared* shared_counters() {
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return new (memory) Shared;
}

std::string key(const char* what) {
  return std::string(what) + std::to_string(::getpid());  // another run of the test: other memory
}

template <typename Work>
pid_t child(const Work& work) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  work();
  ::_exit(0);
}

void join(pid_t pid) { ::waitpid(pid, nullptr, 0); }

TEST(NodeMemory, OneProcessFillsAndAllSeeTheSamePages) {
  Shared* counters = shared_counters();
  const std::string name = key("all");
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i)
    children.push_back(child([&] {
      const auto memory = NodeMemory::get(name, kBytes, [&](char* data) {
        ::usleep(20'000);  // the others come meanwhile
        ++counters->fills;
        std::memset(data, 7, kBytes);
      });
      counters->right += memory->data()[kBytes - 1] == 7;
      while (counters->right < 6) ::usleep(1000);  // the maker must not leave before
    }));
  for (const pid_t pid : children) join(pid);
  EXPECT_EQ(counters->fills, 1);
  EXPECT_EQ(counters->right, 6);
}

TEST(NodeMemory, OtherKeysAndSizesAreOtherMemory) {
  int fills = 0;
  const auto fill = [&](char* data) { data[0] = static_cast<char>(++fills); };
  const auto first = NodeMemory::get(key("a"), kBytes, fill);
  const auto other = NodeMemory::get(key("b"), kBytes, fill);
  const auto longer = NodeMemory::get(key("a"), 2 * kBytes, fill);
  EXPECT_EQ(first->data()[0], 1);
  EXPECT_EQ(other->data()[0], 2);
  EXPECT_EQ(longer->data()[0], 3);
}

TEST(NodeMemory, GoesWithItsLastUser) {
  int fills = 0;
  const auto fill = [&](char* data) { data[0] = static_cast<char>(++fills); };
  { const auto memory = NodeMemory::get(key("gone"), kBytes, fill); }
  EXPECT_EQ(NodeMemory::get(key("gone"), kBytes, fill)->data()[0], 2);
}

// Another folder for temporary files, for the length of a test.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& path) { ::setenv("TMPDIR", path.c_str(), 1); }
  ~TemporaryFolder() { before_ ? ::setenv("TMPDIR", before_->c_str(), 1) : ::unsetenv("TMPDIR"); }

 private:
  const std::optional<std::string> before_ =
      ::getenv("TMPDIR") == nullptr ? std::nullopt : std::optional<std::string>(::getenv("TMPDIR"));
};

TEST(NodeMemory, LeavesNoFile) {
  const Path folder = testing::TempDir() + "leaves_no_file";
  std::filesystem::create_directories(folder);
  const TemporaryFolder temporary(folder);
  const auto files = [&] {
    const auto all = std::filesystem::recursive_directory_iterator(folder);
    return std::count_if(begin(all), end(all), [](const auto& e) { return e.is_regular_file(); });
  };
  const auto fill = [](char*) {};
  auto first = NodeMemory::get(key("file"), kBytes, fill);
  auto second = NodeMemory::get(key("file"), kBytes, fill);
  EXPECT_EQ(files(), 1);
  second.reset();
  EXPECT_EQ(files(), 1);  // not the second one's to remove
  first.reset();
  EXPECT_EQ(files(), 0);
}

TEST(NodeMemory, AKilledMakerIsFollowedByTheNextOne) {
  Shared* counters = shared_counters();
  const std::string name = key("killed");
  const pid_t maker = child([&] {
    NodeMemory::get(name, kBytes, [&](char*) {
      ++counters->filling;
      ::pause();
    });
  });
  while (counters->filling == 0) ::usleep(1000);
  const pid_t next = child([&] {
    const auto memory = NodeMemory::get(name, kBytes, [](char* data) { data[1] = 3; });
    counters->right += memory->data()[1] == 3;
  });
  ::kill(maker, SIGKILL);
  join(maker);
  join(next);
  EXPECT_EQ(counters->right, 1);
}

TEST(NodeMemory, AFailedFillLeavesNothing) {
  EXPECT_THROW(
      NodeMemory::get(key("failed"), kBytes, [](char*) { throw std::runtime_error("no"); }),
      std::runtime_error);
  const auto memory = NodeMemory::get(key("failed"), kBytes, [](char* data) { data[0] = 5; });
  EXPECT_EQ(memory->data()[0], 5);
}

TEST(NodeMemory, WithoutAPlaceToMeetEachHasItsOwn) {
  const TemporaryFolder temporary("/nowhere");
  const auto memory = NodeMemory::get(key("own"), kBytes, [](char* data) { data[0] = 9; });
  EXPECT_EQ(memory->data()[0], 9);
}

TEST(NodeMemory, ALimitOnFilesLeavesEachItsOwn) {
  const pid_t limited = child([] {
    const rlimit small{.rlim_cur = 4096, .rlim_max = 4096};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto memory =
        NodeMemory::get(key("limited"), kBytes, [](char* data) { data[kBytes - 1] = 4; });
    ::_exit(memory->data()[kBytes - 1] == 4 ? 0 : 1);
  });
  int status = 1;
  ::waitpid(limited, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(FileIdentity, ChangesWithTheFile) {
  const Path file = testing::TempDir() + "identity";
  std::ofstream(file) << "one";
  const std::string first = file_identity(file);
  EXPECT_EQ(file_identity(file), first);
  std::ofstream(file) << "other";
  EXPECT_NE(file_identity(file), first);
}

}  // namespace
}  // namespace lorahub::base
