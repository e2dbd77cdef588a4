#include "base/printable.hpp"

#include <gtest/gtest.h>

#include "base/file_kind.hpp"
#include "base/random.hpp"

namespace lorahub::base {
namespace {

using namespace std::string_literals;

TEST(Printable, OrdinaryTextStays) {
  for (const char* text : {"", "plain", "Zürich 東京 ☃ 👍🏽 नमस्ते", "שלום",
                           "نمی\u200cخواهم", "👩\u200d💻",  // joiners of letters and pictures

                           "a\nb\tc", "C:\\x $(y) `z`"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ControlCharactersAndDirectionsAreEscaped) {
  EXPECT_EQ(printable("a\x1b[2Jb\r\x07\x7f"), "a\\x1b[2Jb\\r\\x07\\x7f");
  EXPECT_EQ(printable("nul\0here"s), "nul\\x00here");
  EXPECT_EQ(printable("\u009b31m"), "\\x9b31m");
  EXPECT_EQ(printable("exe.\u202etxt\u2066"), "exe.\\u202etxt\\u2066");
  EXPECT_EQ(printable("a\u200fb\u200e\u061c\u2067"), "a\\u200fb\\u200e\\u061c\\u2067");
  EXPECT_EQ(printable("E1\u200b\u2060\u00ad\u180e\ufff9"), "E1\\u200b\\u2060\\xad\\u180e\\ufff9");
  EXPECT_EQ(printable("\u2028\ufeff\uffff\U000e0041"), "\\u2028\\ufeff\\uffff\\U000e0041");
}

TEST(Printable, WhatIsNoUtf8IsShownByteByByte) {
  EXPECT_EQ(printable("Z\xfcrich"), "Z\\xfcrich");
  EXPECT_EQ(printable("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"),
            "\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xe2\\x82");
}

TEST(Printable, ALineStaysALine) {
  EXPECT_EQ(printable_line("a\nb\tc\r\n"), "a\\nb\\tc\\r\\n");
  EXPECT_TRUE(is_printable_line("Zürich, 5 %"));
  EXPECT_FALSE(is_printable_line("a\nb"));
  EXPECT_FALSE(is_printable_line("\xff"));
}

TEST(Printable, ShortenedAtACharacter) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc...");
  EXPECT_EQ(shortened("aü", 2), "a...");
  EXPECT_EQ(shortened("first\nsecond", 80), "first");
}

// Random bytes: what is left is UTF-8, without a control byte, and safe a second time.
TEST(Printable, WhateverItIsGiven) {
  Stream random(7, "printable");
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    for (size_t i = random.bits() % 24; i > 0; --i)
      bytes += static_cast<char>(random.bits() % 4 == 0 ? random.bits() % 32 : random.bits() % 256);
    const std::string shown = printable_line(bytes);
    EXPECT_FALSE(first_not_utf8(shown).has_value());
    for (const char c : shown) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    EXPECT_TRUE(is_printable_line(shown));
  }
}

}  // namespace
}  // namespace lorahub::base
