#include "base/input.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/fault.hpp"
#include "base/signals.hpp"

namespace lorahub::base {
namespace {

using testing::HasSubstr;

std::filesystem::path place(const std::string& name) {
  return std::filesystem::path(testing::TempDir()) / ("input_" + name);
}

std::filesystem::path pipe(const std::string& name) {
  const auto file = place(name);
  std::filesystem::remove(file);
  EXPECT_EQ(::mkfifo(file.c_str(), 0600), 0);
  return file;
}

template <class E>
std::string message(const std::string& file) {
  try {
    read_input(file);
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

TEST(Input, ReadsAFileWhole) {
  const std::string text(200'000, 'x');
  std::ofstream(place("whole")) << text;
  EXPECT_EQ(read_input(place("whole")), text);
  EXPECT_EQ(read_input("/dev/null"), "");
}

TEST(Input, ReadsAPipeThatIsOpenedLater) {
  const auto file = pipe("later");
  std::jthread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    std::ofstream(file) << "some text";
  });
  EXPECT_EQ(read_input(file), "some text");
}

TEST(Input, NamesWhatCannotBeRead) {
  EXPECT_THAT(message<Error>("/nowhere/x"), HasSubstr("/nowhere/x: no such file"));
  EXPECT_THAT(message<Error>("/tmp"), HasSubstr("is a folder"));
  EXPECT_THAT(message<Error>(std::string(5000, 'a')), HasSubstr("can't be opened"));
}

// Limits may be lowered from outside while the program runs (prlimit); what is open stays open.
TEST(Input, ALimitOfOpenFilesThatWasLoweredIsSaidInsteadOfWaitedForEver) {
  const auto file = place("limited");
  std::ofstream(file) << "some text";
  Input input(file);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  rlimit lowered = usual;
  lowered.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lowered), 0);
  std::string sentence = "nothing thrown";
  std::array<char, 8> some{};
  try {
    input.read(some);
  } catch (const MachineFault& error) {
    sentence = error.what();
  }
  ::setrlimit(RLIMIT_NOFILE, &usual);
  EXPECT_THAT(sentence, testing::AllOf(HasSubstr("limited can't be waited for"),
                                       HasSubstr("raise the limit of open files")));
  EXPECT_EQ(input.read(some), 8U);
}

TEST(InputDeathTest, ASignalEndsTheWaitForAWriterAndTheWaitIsSaid) {
  const auto file = pipe("never");
  const auto wait = [&] {
    block_signals();
    std::jthread impatient([] {
      std::this_thread::sleep_for(std::chrono::milliseconds(3600));
      ::kill(::getpid(), SIGTERM);
    });
    const bool ended = message<Interrupted>(file).find("SIGTERM") != std::string::npos;
    std::_Exit(ended ? 75 : 1);
  };
  EXPECT_EXIT(wait(), testing::ExitedWithCode(75), "waiting for .*input_never");
}

}  // namespace
}  // namespace lorahub::base
