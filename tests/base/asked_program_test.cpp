#include "base/asked_program.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "base/check.hpp"

namespace lorahub::base {
namespace {

using namespace std::chrono_literals;

// As in the program (base/streams.hpp): what is written to a program that has ended is an error.
[[maybe_unused]] const auto before_tests = std::signal(SIGPIPE, SIG_IGN);

std::string failure(AskedProgram& program, const std::string& question) {
  try {
    program.ask(question);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// Whether a process runs: one that has ended and waits for its parent does not.
bool runs(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string number, name, state;
  return static_cast<bool>(file >> number >> name >> state) && state != "Z";
}

TEST(AskedProgram, AnswersLineAfterLine) {
  AskedProgram program("n=0; while read -r line; do n=$((n + 1)); echo \"$n $line\"; done", 3600s);
  EXPECT_EQ(program.ask("a question"), "1 a question");
  EXPECT_EQ(program.ask("and another \\ one"), "2 and another \\ one");
}

TEST(AskedProgram, LinesLongerThanAnyPipeGoThrough) {
  AskedProgram program("cat", 3600s);
  const std::string line(3'000'000, 'x');
  EXPECT_EQ(program.ask(line), line);
}

TEST(AskedProgram, AnswersThatComeTogetherAreReadOneByOne) {
  AskedProgram program("read -r x; printf 'one\\ntwo\\n'; read -r x; cat", 3600s);
  EXPECT_EQ(program.ask("a"), "one");
  EXPECT_EQ(program.ask("b"), "two");
}

TEST(AskedProgram, OneThatEndsIsNamedWithItsCode) {
  AskedProgram program("read -r line; exit 3", 3600s);
  EXPECT_EQ(failure(program, "a"),
            "the program 'read -r line; exit 3' ended with code 3 before it answered (each "
            "question needs one line), run it by hand and mend it");
  AskedProgram absent("/no/such/program 2>/dev/null", 3600s);
  EXPECT_NE(failure(absent, "a").find("ended with code 127"), std::string::npos);
  AskedProgram killed("kill -9 $$", 3600s);
  EXPECT_NE(failure(killed, "a").find("was ended by signal 9"), std::string::npos);
}

TEST(AskedProgram, OneThatDoesNotAnswerIsEndedAfterThePatience) {
  AskedProgram program("sleep 600", 1s);
  EXPECT_NE(failure(program, "a").find("has not answered for 1 s"), std::string::npos);
}

TEST(AskedProgram, OneThatDoesNotReadIsEndedAfterThePatience) {
  AskedProgram program("sleep 600", 1s);
  EXPECT_NE(failure(program, std::string(1'000'000, 'x')).find("has not answered for 1 s"),
            std::string::npos);
}

TEST(AskedProgram, LeavesNoProcess) {
  std::string started;
  {
    AskedProgram program("sleep 600 & echo $!; trap '' TERM; wait; sleep 600", 3600s);
    started = program.ask("a");
    EXPECT_TRUE(runs(started));
  }
  EXPECT_FALSE(runs(started));
}

}  // namespace
}  // namespace lorahub::base
