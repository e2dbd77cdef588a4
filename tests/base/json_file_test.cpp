#include "base/json_file.hpp"

#include <gmock/gmock.h>

#include "base/check.hpp"

namespace lorahub::base {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

// What is said about a file of this content; "" when it is read.
std::string complaint(const std::string& content) {
  const Path file = Path(testing::TempDir()) / format("json_file_{}.json", ::getpid());
  write_file(file, content);
  std::string message;
  try {
    EXPECT_EQ(read_json_object(file, "copy it again"), content);
  } catch (const Error& error) {
    message = error.what();
    EXPECT_TRUE(message.starts_with(file.string())) << message;
  }
  std::filesystem::remove(file);
  return message;
}

TEST(ReadJsonObject, TakesAnObjectAsItStands) {
  EXPECT_EQ(complaint("{}"), "");
  EXPECT_EQ(complaint("{\"a\": [1, {\"b\": null}]}\n"), "");
}

TEST(ReadJsonObject, NamesTheLineOfWhatIsNoJson) {
  EXPECT_THAT(complaint("{\n\"a\": }\n"), HasSubstr(":2: is not JSON (the file is damaged or cut"));
  EXPECT_THAT(complaint("{\"a\": 1"), HasSubstr("copy it again"));
  EXPECT_THAT(complaint("[1]"), HasSubstr("is not a JSON object"));
  EXPECT_THAT(complaint("{\"a\": 1e999}"), HasSubstr("can't be read"));
  EXPECT_THAT(complaint("{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}"),
              HasSubstr("is not JSON"));
}

TEST(ReadJsonObject, SaysWhatTheFileSeemsToBe) {
  EXPECT_THAT(complaint(""), HasSubstr("an empty file"));
  EXPECT_THAT(complaint("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
              HasSubstr("Git LFS pointer"));
  EXPECT_THAT(complaint("\x1F\x8B\x08\x00more"s), HasSubstr("gzip"));
  EXPECT_THAT(complaint("<!DOCTYPE html><html></html>"), HasSubstr("HTML page"));
  EXPECT_THAT(complaint("\xFF\xFE{\0}\0"s), HasSubstr("UTF-16"));
  EXPECT_THAT(complaint("{\0\"\0a\0\"\0:\0001\0}\0"s), HasSubstr("UTF-16"));
  EXPECT_THAT(complaint("{\"a\":\n\"caf\xE9\"}"), HasSubstr(":2: is not JSON (it holds bytes"));
}

}  // namespace
}  // namespace lorahub::base
