#include "base/hmac.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace lorahub::base {
namespace {

// The second test case of RFC 4231.
TEST(Hmac, IsThatOfTheStandard) {
  EXPECT_EQ(to_base64(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

}  // namespace
}  // namespace lorahub::base
