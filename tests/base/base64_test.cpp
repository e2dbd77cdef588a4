#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

// RFC 4648, section 10.
TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("Zg=="), "f");
  EXPECT_EQ(from_base64("Zm8="), "fo");
  EXPECT_EQ(from_base64("Zm9v"), "foo");
  EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(from_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(from_base64("Zm9vYmFy"), "foobar");
}

// Python 3.11: base64.b64encode(bytes(range(256))).
TEST(Base64, HoldsEveryByte) {
  const std::string all =
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7"
      "PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3"
      "eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKz"
      "tLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v"
      "8PHy8/T19vf4+fr7/P3+/w==";
  const std::optional<std::string> bytes = from_base64(all);
  ASSERT_TRUE(bytes.has_value());
  ASSERT_EQ(bytes->size(), 256U);
  for (size_t i = 0; i < 256; ++i) EXPECT_EQ(static_cast<unsigned char>((*bytes)[i]), i);
  EXPECT_EQ(to_base64(*bytes), all);
  EXPECT_EQ(to_base64(""), "");
}

TEST(Base64, OfAnythingElseIsNothing) {
  for (const char* text : {"Z", "Zg", "Zg=", "=", "==", "====", "Z===", "Zg==Zg==", "Zm9v\n",
                           " Zm9v", "Zm 9", "Zm-_", "Zm9\xc3", "Zm=v"})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace lorahub::base
