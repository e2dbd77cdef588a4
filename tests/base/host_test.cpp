#include "base/host.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace lorahub::base {
namespace {

TEST(Host, HasTheNameThatTheKernelGives) {
  std::ifstream file("/proc/sys/kernel/hostname");
  std::string name;
  ASSERT_TRUE(std::getline(file, name));
  EXPECT_EQ(host_name(), name);
}

}  // namespace
}  // namespace lorahub::base
