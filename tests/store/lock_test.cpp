#include "store/lock.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "base/check.hpp"
#include "base/files.hpp"
#include "samples.hpp"

namespace lorahub::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string refusal(const std::filesystem::path& journal) {
  try {
    const WriterLock lock(journal);
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

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
  EXPECT_EQ(refusal(journal), "") << "a dead process holds nothing";
  EXPECT_EQ(base::read_file(journal.string() + ".lock"), "") << "released";
}

TEST(WriterLock, AnotherHostsLockCountsWhileItIsRenewed) {
  const samples::Folder folder;
  const auto journal = folder / "journal.ndj";
  const std::string holder = "process 7 on host elsewhere since 2026-01-31T12:00:00Z";
  write_holder(journal, holder, 10);
  EXPECT_THAT(refusal(journal), HasSubstr(holder));
  write_holder(journal, holder, 1000);
  EXPECT_EQ(refusal(journal), "") << "its host is gone";
}

}  // namespace
}  // namespace lorahub::store
