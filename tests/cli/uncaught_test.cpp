// Exceptions that leave a thread of their own, where nobody catches them.
#include "cli/uncaught.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <new>
#include <stdexcept>
#include <thread>

namespace lorahub::cli {
namespace {

template <class Error>
void throw_in_a_thread(const Error& error) {
  name_uncaught_exceptions();
  std::thread([&error] { throw error; }).join();
}

TEST(UncaughtDeathTest, LackOfMemoryIsASentenceAnd75) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(throw_in_a_thread(std::bad_alloc()), testing::ExitedWithCode(75),
              "^lorahub: there is not enough memory, give the job more memory[^\n]*\n$");
}

TEST(UncaughtDeathTest, ABugEndsAsBefore) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(throw_in_a_thread(std::logic_error("a bug")), testing::KilledBySignal(SIGABRT),
              "a bug");
}

}  // namespace
}  // namespace lorahub::cli
