#include "net/byte_range.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorahub::net {
namespace {

using testing::Contains;
using testing::Pair;

HttpResponse asked(const std::string& range) {
  return ranged({.method = "GET", .path = "/", .fields = {{"range", range}}},
                {.body = "0123456789"});
}

TEST(ByteRange, GivesTheBytesThatAreAskedFor) {
  for (const auto& [range, bytes, where] :
       std::vector<std::array<std::string, 3>>{{"bytes=0-3", "0123", "bytes 0-3/10"},
                                               {"bytes=4-", "456789", "bytes 4-9/10"},
                                               {"bytes=-2", "89", "bytes 8-9/10"},
                                               {"bytes=-99", "0123456789", "bytes 0-9/10"},
                                               {"bytes=8-99", "89", "bytes 8-9/10"}}) {
    const HttpResponse response = asked(range);
    EXPECT_EQ(response.status, 206) << range;
    EXPECT_EQ(response.content(), bytes) << range;
    EXPECT_THAT(response.fields, Contains(Pair("Content-Range", where)));
  }
}

TEST(ByteRange, SaysWhichBytesThereAreNot) {
  for (const char* range : {"bytes=10-", "bytes=10-12", "bytes=5-3", "bytes=-0"}) {
    const HttpResponse response = asked(range);
    EXPECT_EQ(response.status, 416) << range;
    EXPECT_THAT(response.fields, Contains(Pair("Content-Range", "bytes */10")));
  }
}

TEST(ByteRange, GivesAllWhereItUnderstandsNone) {
  for (const char* range : {"", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,3-4", "items=0-3",
                            "bytes=99999999999999999999-", "bytes=0"}) {
    EXPECT_EQ(asked(range).status, 200) << range;
    EXPECT_EQ(asked(range).content(), "0123456789") << range;
  }
}

}  // namespace
}  // namespace lorahub::net
