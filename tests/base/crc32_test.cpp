#include "base/crc32.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

TEST(Crc32, CheckValueOfTheStandard) { EXPECT_EQ(crc32("123456789"), 0xCBF43926U); }

}  // namespace
}  // namespace lorahub::base
