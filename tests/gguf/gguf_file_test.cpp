#include "gguf/gguf_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <fstream>

#include "base/check.hpp"

namespace lorahub::gguf {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Folder {
 public:
  Folder() : path_(fs::path(::testing::TempDir()) / ("gguf_" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path put(const std::string& name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary).write(bytes.data(), std::ssize(bytes));
    return path_ / name;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string message(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return "";
}

template <class T>
std::string le(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}
std::string text(const std::string& value) { return le<uint64_t>(value.size()) + value; }

// A file of parts that a test changes one by one.
struct Parts {
  uint32_t version = 3;
  uint64_t tensors = 1, values = 0;
  std::string metadata;
  std::string name = "a";
  std::vector<uint64_t> sizes = {32};
  uint32_t type = 0;
  uint64_t begin = 0;
  size_t data = 128;  // bytes

  std::string entry() const {
    std::string bytes = text(name) + le(static_cast<uint32_t>(sizes.size()));
    for (const uint64_t size : sizes) bytes += le(size);
    return bytes + le(type) + le(begin);
  }
  std::string bytes(const std::string& entries) const {
    std::string all = "GGUF" + le(version) + le(tensors) + le(values) + metadata + entries;
    all.resize((all.size() + 31) / 32 * 32);
    return all + std::string(data, '\0');
  }
  std::string bytes() const { return bytes(entry()); }
};

std::string refusal(const std::string& bytes) {
  const Folder folder;
  const fs::path file = folder.put("x.gguf", bytes);
  const std::string said = message([&] { read_gguf(file); });
  EXPECT_THAT(said, HasSubstr("x.gguf: "));
  return said;
}

fs::path golden(const std::string& name) {
  return fs::path(SOURCE_DIR) / "tests/golden/gguf" / name;
}

TEST(GgufFile, MetadataOfEachKindIsWhatLlamaCppsPackageWrote) {
  const Metadata data = read_gguf(golden("types.gguf")).metadata;
  EXPECT_EQ(data.text("general.architecture"), "test");
  const std::map<std::string, int64_t> whole{{"u8", 255}, {"i8", -5},          {"u16", 65535},
                                             {"i16", -5}, {"u32", 4294967295}, {"i32", -5},
                                             {"i64", -5}, {"u64", 1LL << 40},  {"flag", 1}};
  for (const auto& [name, value] : whole) EXPECT_EQ(data.integer("test." + name), value) << name;
  EXPECT_EQ(data.number("test.f32"), double{0.1F});
  EXPECT_EQ(data.number("test.f64"), 0.1);
  EXPECT_EQ(data.number("test.u8"), 255);
  EXPECT_EQ(data.text("test.text"), "ünï");
  EXPECT_THAT(*data.texts("test.texts"), ElementsAre("a", "", "ü"));
  EXPECT_THAT(*data.integers("test.whole"), ElementsAre(3, -1, 2));
  EXPECT_THAT(*data.numbers("test.floats"), ElementsAre(0.5, -1.25));
  EXPECT_EQ(data.integer("test.none"), std::nullopt);
  EXPECT_EQ(data.texts("test.none"), nullptr);
}

TEST(GgufFile, AValueOfAnotherKindOrAMissingOneIsNamed) {
  const Metadata data = read_gguf(golden("types.gguf")).metadata;
  EXPECT_THAT(message([&] { data.integer("test.text"); }),
              AllOf(HasSubstr("types.gguf: test.text is no whole number")));
  EXPECT_THAT(message([&] { data.texts("test.whole"); }), HasSubstr("is no list of texts"));
  EXPECT_THAT(message([&] { data.needed_integer("test.none"); }), HasSubstr("has no test.none"));
}

TEST(GgufFile, TensorsHaveTheirSizesAndBytes) {
  const GgufFile file = read_gguf(golden("types.gguf"));
  ASSERT_EQ(file.tensors.size(), 9U);
  const StoredTensor* tensor = file.find("Q5_1");
  ASSERT_NE(tensor, nullptr);
  EXPECT_THAT(tensor->sizes, ElementsAre(3, 64));
  EXPECT_EQ(tensor->bytes.size(), 6 * 24U);
  EXPECT_EQ(file.find("vector")->count(), 5);
  EXPECT_EQ(file.find("none"), nullptr);
}

TEST(GgufFile, WholeFilesOfBothVersionsAreRead) {
  const Folder folder;
  for (const uint32_t version : {2U, 3U})
    EXPECT_EQ(read_gguf(folder.put("x.gguf", Parts{.version = version}.bytes())).tensors.size(),
              1U);
}

TEST(GgufFile, WhereverAFileIsCutItIsRefused) {
  const std::string whole = base::read_file(golden("types.gguf"));
  const StoredTensor last = read_gguf(golden("types.gguf")).tensors.back();
  ASSERT_EQ(last.name, "vector");
  const size_t end = whole.size() - 12;  // 5 values, and padding to 32 bytes
  const Folder folder;
  for (size_t length = end - 1; length < end; length -= 31) {
    const fs::path file = folder.put("x.gguf", whole.substr(0, length));
    EXPECT_THROW(read_gguf(file), base::Error) << length;
  }
}

TEST(GgufFile, OtherFilesAndVersionsAreRefused) {
  EXPECT_THAT(refusal("GGML and more of it, for long enough"), HasSubstr("is no GGUF file"));
  EXPECT_THAT(refusal(Parts{.version = 1}.bytes()), HasSubstr("GGUF of version 1"));
  EXPECT_THAT(refusal(Parts{.version = 0x03000000}.bytes()), HasSubstr("of version"));
}

TEST(GgufFile, TypesThatAreNotReadAreNamed) {
  EXPECT_THAT(refusal(Parts{.type = 12}.bytes()),
              AllOf(HasSubstr("tensor a is of type Q4_K"), HasSubstr("Q8_0 are read here")));
  EXPECT_THAT(refusal(Parts{.type = 20}.bytes()), HasSubstr("of type IQ4_NL"));
  EXPECT_THAT(refusal(Parts{.type = 4000}.bytes()), HasSubstr("of type 4000"));
}

TEST(GgufFile, CountsThatTheFileCannotHoldAreRefusedBeforeAnythingIsMade) {
  EXPECT_THAT(refusal(Parts{.tensors = 1ULL << 60}.bytes()), HasSubstr("counts 11529215"));
  EXPECT_THAT(refusal(Parts{.values = 1ULL << 60}.bytes()), HasSubstr("counts 11529215"));
  Parts list{.values = 1};
  list.metadata = text("k") + le<uint32_t>(9) + le<uint32_t>(8) + le<uint64_t>(1ULL << 40);
  EXPECT_THAT(refusal(list.bytes()), HasSubstr("counts 1099511627776 things"));
  list.metadata = text("k") + le<uint32_t>(9) + le<uint32_t>(5) + le<uint64_t>(100);
  EXPECT_THAT(refusal(list.bytes()), HasSubstr("counts 100 things"));
  Parts word{.values = 1};
  word.metadata = le<uint64_t>(~0ULL) + "k";
  EXPECT_THAT(refusal(word.bytes()), HasSubstr("it was cut short"));
  EXPECT_THAT(refusal(Parts{.sizes = {1ULL << 40, 1ULL << 40}}.bytes()),
              HasSubstr("more values than a file holds"));
  EXPECT_THAT(refusal(Parts{.sizes = {~0ULL}}.bytes()), HasSubstr("has a dimension of"));
  EXPECT_THAT(refusal(Parts{.sizes = {0}}.bytes()), HasSubstr("has a dimension of 0 values"));
  EXPECT_THAT(refusal(Parts{.sizes = {1, 1, 1, 1, 1}}.bytes()), HasSubstr("has 5 dimensions"));
  EXPECT_THAT(refusal(Parts{.sizes = {33}, .type = 2}.bytes()), HasSubstr("has rows of 33 values"));
}

TEST(GgufFile, OffsetsThatLieAreRefused) {
  EXPECT_THAT(refusal(Parts{.begin = 4}.bytes()), HasSubstr("begins at byte 4 of the data"));
  EXPECT_THAT(refusal(Parts{.begin = 32}.bytes()), HasSubstr("it was cut short"));
  EXPECT_THAT(refusal(Parts{.begin = 1ULL << 63}.bytes()), HasSubstr("it was cut short"));
  Parts second{.tensors = 2, .name = "b", .begin = 96, .data = 4096};
  EXPECT_THAT(refusal(second.bytes(Parts{}.entry() + second.entry())),
              HasSubstr("tensor b begins at byte 96 of the data (the one before it ends at 128"));
  second.name = "a";
  EXPECT_THAT(refusal(second.bytes(second.entry() + second.entry())),
              HasSubstr("tensor a is there twice"));
}

TEST(GgufFile, MetadataThatLiesIsRefused) {
  Parts parts{.values = 1};
  parts.metadata = text("k") + le<uint32_t>(13) + le<uint64_t>(1);
  EXPECT_THAT(refusal(parts.bytes()), HasSubstr("is of type 13"));
  parts.metadata = text("k") + le<uint32_t>(9) + le<uint32_t>(9) + le<uint64_t>(1);
  EXPECT_THAT(refusal(parts.bytes()), HasSubstr("lists of no lists"));
  parts.metadata = text("k") + le<uint32_t>(10) + le<uint64_t>(~0ULL);
  EXPECT_THAT(refusal(parts.bytes()), HasSubstr("above 2^63"));
  parts.metadata = text("general.alignment") + le<uint32_t>(4) + le<uint32_t>(48);
  EXPECT_THAT(refusal(parts.bytes()), HasSubstr("general.alignment is 48"));
  parts.values = 2;
  parts.metadata = text("k") + le<uint32_t>(0) + "a" + text("k") + le<uint32_t>(0) + "b";
  EXPECT_THAT(refusal(parts.bytes()), HasSubstr("k is there twice"));
}

TEST(GgufFile, AFolderWithOneFileAndNoConfigIsAModel) {
  const Folder folder;
  EXPECT_EQ(gguf_of(folder.path()), std::nullopt);
  EXPECT_EQ(gguf_of(folder.path() / "none"), std::nullopt);
  const fs::path file = folder.put("b.gguf", "");
  EXPECT_EQ(gguf_of(folder.path()), file);
  folder.put("a.gguf", "");
  EXPECT_THAT(message([&] { gguf_of(folder.path()); }),
              AllOf(HasSubstr("has 2 files *.gguf, a.gguf among them")));
  folder.put("config.json", "{}");
  EXPECT_EQ(gguf_of(folder.path()), std::nullopt);
}

}  // namespace
}  // namespace lorahub::gguf
