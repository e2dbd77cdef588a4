#include "store/writer_lock.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/files.hpp"
#include "samples.hpp"
#include "store/lock_holder.hpp"

namespace lorahub::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr LockOptions kShort{.patience = 0.2};
constexpr LockOptions kNoFlock{.patience = 0.2, .flock = Flock::none};

std::string refusal(const std::filesystem::path& journal, const LockOptions& options = kShort) {
  return samples::interruption_of([&] { const WriterLock lock(journal, options); });
}
const std::string kTaken = "not interrupted";

void write_holder(const std::filesystem::path& journal, const std::string& text, int seconds_ago) {
  std::ofstream(journal.string() + ".lock") << text;
  timespec times[2] = {{.tv_sec = time(nullptr) - seconds_ago, .tv_nsec = 0},
                       {.tv_sec = time(nullptr) - seconds_ago, .tv_nsec = 0}};
  ::utimensat(AT_FDCWD, (journal.string() + ".lock").c_str(), times, 0);
}

TEST(WriterLock, TellsWhoHoldsIt) {
  const samples::Folder folder;
  const auto journal = folder / "journal.ndj";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const WriterLock lock(journal);
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  EXPECT_THAT(refusal(journal),
              AllOf(HasSubstr("process " + std::to_string(child)),
                    HasSubstr(std::string("on host ") + host), HasSubstr(" since 20"),
                    HasSubstr("a second run of the same study"), HasSubstr("--out")));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(refusal(journal), kTaken) << "a dead process holds nothing";
  EXPECT_EQ(base::read_file(journal.string() + ".lock"), "") << "released";
}

// A process that holds a lock until it is told to end.
class Holder {
 public:
  Holder(const std::filesystem::path& journal, const LockOptions& options) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const WriterLock lock(journal, options);
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
  }
  ~Holder() { kill(SIGKILL); }
  void kill(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    if (signal == SIGKILL) ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    if (signal == SIGSTOP) ::waitpid(pid_, nullptr, WUNTRACED);
  }

 private:
  pid_t pid_ = -1;
};

double modified(const std::filesystem::path& journal) {
  struct stat status {};
  ::stat((journal.string() + ".lock").c_str(), &status);
  return static_cast<double>(status.st_mtim.tv_sec);
}

TEST(WriterLock, AnotherHostsLockCountsWhileItIsRenewed) {
  const samples::Folder folder;
  const auto journal = folder / "journal.ndj";
  const std::string holder = "process 7 on host elsewhere since 2026-01-31T12:00:00Z";
  write_holder(journal, holder, 1000);
  EXPECT_EQ(refusal(journal), kTaken) << "its host is gone";
  write_holder(journal, holder, 1000);
  EXPECT_EQ(refusal(journal, kNoFlock), kTaken);
}

TEST(WriterLock, ATryRenewsNobodysLock) {
  const samples::Folder folder;
  const auto journal = folder / "journal.ndj";
  write_holder(journal, "process 7 on host elsewhere since 2026-01-31T12:00:00Z", 88);
  const double before = modified(journal);
  const base::Stopwatch clock;
  EXPECT_EQ(refusal(journal), kTaken) << "waited for until it was old enough";
  EXPECT_GT(clock.seconds(), 0.5);
  EXPECT_LT(clock.seconds(), 30);
  EXPECT_GT(modified(journal), before + 80) << "by the one who took it";
}

TEST(WriterLock, WithoutLocksOfTheSystemTheProcessIsLookedFor) {
  const samples::Folder folder;
  const auto journal = folder / "journal.ndj";
  {
    Holder holder(journal, kNoFlock);
    EXPECT_THAT(refusal(journal, kNoFlock), HasSubstr("a second run of the same study"));
    holder.kill(SIGKILL);
    EXPECT_EQ(refusal(journal, kNoFlock), kTaken) << "a dead process holds nothing";
  }
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  write_holder(journal, base::format("process 1 on host {} since 2026-01-31T12:00:00Z", host), 0);
  EXPECT_THAT(refusal(journal, kNoFlock), HasSubstr("process 1 on host"));
  const std::string mine = my_holder_text();
  const std::string earlier = mine.substr(0, mine.rfind(' ')) + " 1\n";
  write_holder(journal, earlier, 0);
  EXPECT_EQ(refusal(journal, kNoFlock), kTaken) << "its number is another process's by now";
}

TEST(WriterLock, AStoppedHolderIsSaidToBeStopped) {
  const samples::Folder folder;
  const auto journal = folder / "journal.ndj";
  for (const LockOptions& options : {kShort, kNoFlock}) {
    Holder holder(journal, options);
    holder.kill(SIGSTOP);
    EXPECT_THAT(refusal(journal, options), HasSubstr("which is stopped"));
  }
}

TEST(WriterLock, ALockThatIsHeldForAMomentIsWaitedFor) {
  const samples::Folder folder;
  const auto journal = folder / "journal.ndj";
  Holder holder(journal, kShort);
  std::jthread killer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    holder.kill(SIGKILL);
  });
  EXPECT_EQ(refusal(journal, {.patience = 60}), kTaken);
}

TEST(WriterLock, ShardsOfAnotherCountAreRefusedWhileOneRuns) {
  const samples::Folder folder;
  for (const LockOptions& options : {kShort, kNoFlock}) {
    const Holder holder(folder / "journal-1-of-2.ndj", options);
    EXPECT_EQ(refusal(folder / "journal-2-of-2.ndj", options), kTaken);
    for (const char* other : {"journal-1-of-3.ndj", "journal.ndj"})
      EXPECT_THAT(samples::message_of([&] { const WriterLock lock(folder / other, options); }),
                  AllOf(HasSubstr("as shard 1-of-2"), HasSubstr("trials would be run twice")));
    EXPECT_FALSE(std::filesystem::exists(folder / "journal-1-of-3.ndj.lock"));
  }
}

// Processes that begin in the same instant: exactly one of them writes.
TEST(WriterLock, OfManyThatBeginAtOnceOneWrites) {
  for (const Flock flock : {Flock::use, Flock::none})
    for (int round = 0; round < 5; ++round) {
      const samples::Folder folder;
      int go[2], taken[2];
      ASSERT_EQ(::pipe(go), 0);
      ASSERT_EQ(::pipe(taken), 0);
      std::vector<pid_t> children;
      for (const char* journal : {"journal.ndj", "journal-1-of-2.ndj", "journal-1-of-3.ndj",
                                  "journal.ndj", "journal-2-of-5.ndj"}) {
        children.push_back(::fork());
        if (children.back() != 0) continue;
        char byte = 0;
        if (::read(go[0], &byte, 1) != 1) ::_exit(1);
        try {
          const WriterLock lock(folder / journal, {.patience = 0, .flock = flock});
          if (::write(taken[1], "x", 1) != 1) ::_exit(1);
          for (;;) ::pause();
        } catch (const std::exception&) {
          ::_exit(0);
        }
      }
      ASSERT_EQ(::write(go[1], "12345", 5), 5);
      size_t ended = 0;
      while (ended < children.size() - 1 && ::waitpid(-1, nullptr, 0) > 0) ++ended;
      char bytes[8];
      EXPECT_EQ(::read(taken[0], bytes, sizeof bytes), 1) << "one has it";
      for (const pid_t child : children) ::kill(child, SIGKILL);
      while (::waitpid(-1, nullptr, 0) > 0) {
      }
      for (const int end : {go[0], go[1], taken[0], taken[1]}) ::close(end);
      EXPECT_FALSE(std::filesystem::exists(folder / "begin.lock"));
    }
}

TEST(WriterLock, WhatAKilledBeginnerLeftHoldsNothing) {
  const samples::Folder folder;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  std::string text = my_holder_text();
  text.replace(0, text.find(" on host"), base::format("process {}", child));
  std::ofstream(folder / "begin.lock") << text;
  const base::Stopwatch clock;
  EXPECT_EQ(refusal(folder / "journal.ndj"), kTaken);
  EXPECT_LT(clock.seconds(), 5);
}

TEST(WriterLock, OneThatWasTakenOverIsNoticed) {
  const samples::Folder folder;
  const WriterLock lock(folder / "journal.ndj", kShort);
  lock.check_still_held();
  write_holder(folder / "journal.ndj", "process 7 on host elsewhere since then", 0);
  EXPECT_THAT(samples::interruption_of([&] { lock.check_still_held(); }),
              HasSubstr("by another process by now"));
}

TEST(WriterLock, APipeInItsPlaceBlocksNobody) {
  const samples::Folder folder;
  ASSERT_EQ(::mkfifo((folder / "journal.ndj.lock").c_str(), 0666), 0);
  EXPECT_THAT(samples::message_of([&] { const WriterLock lock(folder / "journal.ndj", kShort); }),
              HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace lorahub::store
