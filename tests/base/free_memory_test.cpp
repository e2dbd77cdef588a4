#include "base/free_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "process.hpp"

namespace lorahub::base {
namespace {

using testing::HasSubstr;

class Limits : public testing::Test {
 protected:
  void write(const Path& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  // Of control groups and the machine; a limit of this process itself is not of these files.
  std::vector<MemoryLimit> read() const {
    std::vector<MemoryLimit> all = memory_limits(root_);
    std::erase_if(all, [](const MemoryLimit& limit) { return limit.place.empty(); });
    return all;
  }

  Path root_ = fresh_folder("limits");
};

TEST_F(Limits, TheMachinesIsWhatIsAvailable) {
  write("proc/meminfo", "MemTotal:       2000 kB\nMemFree: 10 kB\nMemAvailable:    1500 kB\n");
  const auto limits = read();
  ASSERT_EQ(limits.size(), 1U);
  EXPECT_EQ(limits[0].place, "machine");
  EXPECT_EQ(limits[0].free, 1500 * 1024);
}

TEST_F(Limits, OfGroupsOfVersion2EachCounts) {
  write("proc/self/cgroup", "0::/job/step\n");
  write("sys/fs/cgroup/job/memory.max", "5000000\n");
  write("sys/fs/cgroup/job/memory.current", "3000000\n");
  write("sys/fs/cgroup/job/memory.stat", "anon 7\ninactive_file 500000\n");
  write("sys/fs/cgroup/job/step/memory.max", "max\n");
  write("sys/fs/cgroup/job/step/memory.current", "3000000\n");
  const auto limits = read();
  ASSERT_EQ(limits.size(), 1U);
  EXPECT_THAT(limits[0].place, HasSubstr("sys/fs/cgroup/job"));
  EXPECT_EQ(limits[0].free, 2500000);
}

TEST_F(Limits, OfVersion1OrAContainersTop) {
  write("proc/self/cgroup", "11:cpu,cpuacct:/x\n7:memory:/docker/abc\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "4000000\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "4500000\n");
  const auto limits = read();
  ASSERT_EQ(limits.size(), 1U);
  EXPECT_EQ(limits[0].free, 0);
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_TRUE(read().empty());
}

TEST_F(Limits, WhatCanNotBeReadIsNone) {
  EXPECT_TRUE(read().empty());
  write("proc/meminfo", "nonsense\n");
  write("proc/self/cgroup", "nonsense\n0::\n");
  write("sys/fs/cgroup/memory.max", "many\n");
  EXPECT_TRUE(read().empty());
}

TEST(MemoryLimits, OfThisMachineIsPositive) {
  const auto limits = memory_limits();
  ASSERT_FALSE(limits.empty());
  EXPECT_EQ(limits[0].place, "machine");
  EXPECT_GT(limits[0].free, 1e6);
}

}  // namespace
}  // namespace lorahub::base
