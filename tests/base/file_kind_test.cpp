#include "base/file_kind.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Optional;

TEST(FileKind, NamesWhatUsersHaveInsteadOfTheFile) {
  EXPECT_THAT(file_kind("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n"),
              Optional(HasSubstr("Git LFS")));
  EXPECT_THAT(file_kind("\x1F\x8B\x08\0"s), Optional(HasSubstr("gzip")));
  EXPECT_THAT(file_kind("PK\x03\x04rest"), Optional(HasSubstr("zip archive")));
  EXPECT_THAT(file_kind("7z\xBC\xAF\x27\x1C\0"s), Optional(HasSubstr("7z archive")));
  EXPECT_THAT(file_kind("PAR1\x15\x04"), Optional(HasSubstr("Parquet")));
  EXPECT_THAT(file_kind("ARROW1\0\0"s), Optional(HasSubstr("Arrow")));
  EXPECT_THAT(file_kind("SQLite format 3\0"s), Optional(HasSubstr("SQLite")));
  EXPECT_THAT(file_kind("%PDF-1.7\n"), Optional(HasSubstr("PDF")));
  EXPECT_THAT(file_kind("  <!DOCTYPE html><html>"), Optional(HasSubstr("HTML")));
  EXPECT_THAT(file_kind(""), Optional(HasSubstr("empty")));
  EXPECT_THAT(file_kind(std::string(100, '\0')), Optional(HasSubstr("zero bytes")));
}

TEST(FileKind, KnowsUtf16WithAndWithoutAMark) {
  EXPECT_THAT(file_kind("\xFF\xFE{\0\"\0"s), Optional(HasSubstr("UTF-16")));
  EXPECT_THAT(file_kind("\xFE\xFF\0{\0\""s), Optional(HasSubstr("UTF-16")));
  EXPECT_THAT(file_kind("{\0\"\0a\0\"\0"s), Optional(HasSubstr("UTF-16")));
  EXPECT_THAT(file_kind("\0{\0\"\0a\0\""s), Optional(HasSubstr("UTF-16")));
  EXPECT_THAT(file_kind("\xFF\xFE\0\0{\0\0\0"s), Optional(HasSubstr("UTF-32")));
}

TEST(FileKind, SaysNothingOfOrdinaryContent) {
  EXPECT_EQ(file_kind("{\"input\": \"a\"}"), std::nullopt);
  EXPECT_EQ(file_kind("caf\xE9"), std::nullopt);
  EXPECT_EQ(seems_to_be("text"), "");
  EXPECT_EQ(seems_to_be(""), ": it seems to be an empty file");
}

TEST(FirstNotUtf8, FindsTheByte) {
  EXPECT_EQ(first_not_utf8("na\xC3\xAFve \xF0\x9F\x98\x80"), std::nullopt);
  EXPECT_EQ(first_not_utf8("caf\xE9 au lait"), 3U);   // Latin-1
  EXPECT_EQ(first_not_utf8("a\xC0\xAF"), 1U);         // overlong
  EXPECT_EQ(first_not_utf8("\xED\xA0\x80"), 0U);      // a surrogate
  EXPECT_EQ(first_not_utf8("ab\xE2\x82"), 2U);        // cut off
  EXPECT_EQ(first_not_utf8("\xF4\x90\x80\x80"), 0U);  // beyond U+10FFFF
}

}  // namespace
}  // namespace lorahub::base
