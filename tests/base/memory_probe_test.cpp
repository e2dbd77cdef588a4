#include "base/memory_probe.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lorahub::base {
namespace {

#ifndef __SANITIZE_ADDRESS__  // which takes all of the address space

TEST(MemoryProbeDeathTest, SaysWhatTheSystemWouldGive) {
  EXPECT_TRUE(gets_memory(size_t{1} << 20));
  const auto without_memory = [] {
    const rlimit none{.rlim_cur = 1, .rlim_max = 1};
    ::_exit(::setrlimit(RLIMIT_AS, &none) == 0 && !gets_memory(size_t{1} << 20) ? 0 : 1);
  };
  EXPECT_EXIT(without_memory(), testing::ExitedWithCode(0), "");
}

#endif

}  // namespace
}  // namespace lorahub::base
