#include "base/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "base/check.hpp"
#include "process.hpp"

namespace lorahub::base {
namespace {

TEST(Files, WrittenWholeAndReadBack) {
  const Path file = fresh_folder("files") / "a" / "b.txt";
  write_file(file, "old");
  write_file(file, std::string("new\0bytes", 9));
  EXPECT_EQ(read_file(file), std::string("new\0bytes", 9));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}), 1)
      << "no temporary file stays";
}

TEST(Files, ManyWritersOfOneFileLeaveOneOfTheirContents) {
  const Path folder = fresh_folder("files");
  std::vector<pid_t> children;
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    try {
      for (int i = 0; i < 25; ++i) write_file(folder / "x", std::string(50000, letter));
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  for (const pid_t child : children) {
    int state = 0;
    ::waitpid(child, &state, 0);
    EXPECT_EQ(state, 0) << "no writer meets another's temporary file";
  }
  const std::string content = read_file(folder / "x");
  EXPECT_EQ(content, std::string(50000, content.at(0)));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

// Also where nobody has asked how the writer ended: it is a zombie then.
TEST(Files, WhatAKilledWriterLeftIsTakenAway) {
  const Path folder = fresh_folder("files");
  std::filesystem::create_directories(folder);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string large(1 << 20, 'x');
    if (::write(ends[1], "x", 1) != 1) ::_exit(1);
    for (;;) write_file(folder / "x", large);
  }
  char byte = 0;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  ::usleep(20000);
  ::kill(child, SIGKILL);
  siginfo_t ended;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  write_file(folder / "x", "new");
  EXPECT_EQ(read_file(folder / "x"), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  ::waitpid(child, nullptr, 0);
}

// A file in the place of a folder stops root, too.
TEST(CheckWritable, FindsBeforehandWhatWriteFileCouldNotWrite) {
  const Path folder = fresh_folder("files"), file = folder / "file";
  write_file(file, "x");
  const auto both_refuse = [](const Path& path) {
    EXPECT_THROW(check_writable(path), Error) << path;
    EXPECT_THROW(write_file(path, ""), Error) << path;
  };
  both_refuse(file / "x.json");
  both_refuse(file / "a" / "x.json");
  both_refuse("/proc/nothing/x.json");
  both_refuse(folder / std::string(300, 'x'));
  for (const Path& good : {file, folder / "new.json", folder / "a" / "b" / "new.json"})
    check_writable(good);
  EXPECT_EQ(read_file(file), "x");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1)
      << "no folder and no temporary file stays";
}

TEST(Files, WhatCannotBeReadIsNamed) {
  const Path folder = fresh_folder("files");
  EXPECT_THROW(
      {
        try {
          read_file(folder / "absent");
        } catch (const Error& error) {
          EXPECT_NE(std::string(error.what()).find("absent"), std::string::npos);
          throw;
        }
      },
      Error);
  EXPECT_THROW(read_file(folder), Error);  // a folder is not a file
  write_file(folder / "empty", "");
  EXPECT_EQ(read_file(folder / "empty"), "");
}

std::shared_ptr<const MappedFile> mapped(const Path& file, const std::string& content) {
  write_file(file, content);
  return std::make_shared<const MappedFile>(file);
}

TEST(MappedRows, AreTheFilesOneBehindTheOther) {
  const Path folder = fresh_folder("files");
  const std::string x(10000, 'x'), y(10000, 'y');
  auto first = mapped(folder / "x", x);
  const auto rows = MappedRows::of({first, mapped(folder / "y", y), first});
  ASSERT_NE(rows, nullptr);
  write_file(folder / "x", std::string(10000, 'z'));  // another file of the same name
  first.reset();                                      // the rows stay
  EXPECT_GE(rows->stride(), 10000U);
  EXPECT_EQ(std::string_view(rows->row(0), 10000), x);
  EXPECT_EQ(std::string_view(rows->row(1), 10000), y);
  EXPECT_EQ(std::string_view(rows->row(2), 10000), x);
  EXPECT_EQ(rows->row(1)[10000], 0);  // the rest of a page
}

TEST(MappedRows, AreOfOneSize) {
  const Path folder = fresh_folder("files");
  EXPECT_EQ(MappedRows::of({mapped(folder / "x", "xx"), mapped(folder / "y", "y")}), nullptr);
  EXPECT_EQ(MappedRows::of({mapped(folder / "none", "")}), nullptr);
}

// Pages of the file in the system's memory.
size_t resident(const MappedFile& file) {
  std::vector<unsigned char> pages(file.bytes().size() / static_cast<size_t>(::getpagesize()));
  if (::mincore(const_cast<char*>(file.bytes().data()), file.bytes().size(), pages.data()) != 0)
    return 0;
  return static_cast<size_t>(std::ranges::count_if(pages, [](auto page) { return page & 1; }));
}

TEST(ReadAhead, BringsTheWholeFileUntouched) {
  const Path path = fresh_folder("files") / "large";
  constexpr size_t kPages = 5000;
  write_file(path, std::string(kPages * static_cast<size_t>(::getpagesize()), 'x'));
  const int file = ::open(path.c_str(), O_RDONLY);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
  const MappedFile mapped(path);
  if (resident(mapped) == kPages) GTEST_SKIP() << "the system keeps this file in memory";
  read_ahead(mapped.bytes());
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (resident(mapped) < kPages && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(resident(mapped), kPages);
}

}  // namespace
}  // namespace lorahub::base
