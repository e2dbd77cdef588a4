#include "lora/index.hpp"

#include <gmock/gmock.h>

#include "lora/peft.hpp"
#include "made.hpp"

namespace lorahub::lora {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

struct Shelf {
  Scratch scratch;
  const fs::path& path = scratch.path;
  Shelf() {
    for (const char* name : {"b", "a", "c"})
      write_module(path / name, made(name, tiny()), tiny(), "base");
  }
};

std::vector<std::string> names(const Index& index) {
  std::vector<std::string> all;
  for (const Indexed& module : index.modules) all.push_back(module.name);
  return all;
}

TEST(Index, SaysWhatTheAdaptersSay) {
  const Shelf shelf;
  write_card(shelf.path / "b", {.task = "adds", .tests = {{.input = "1 + 1 =", .answer = "2"}}},
             "");
  for (const int read : {3, 0}) {  // made, then kept
    const Index index = read_index(shelf.path);
    EXPECT_EQ(index.read, read);
    EXPECT_THAT(names(index), ElementsAre("a", "b", "c"));
    const Indexed& b = find(index, "b");
    EXPECT_EQ(b.base, "base");
    EXPECT_EQ(b.rank, 4);
    EXPECT_EQ(b.alpha, 8);
    EXPECT_THAT(b.targets, ElementsAre("q", "v"));
    EXPECT_EQ(b.bytes, fs::file_size(shelf.path / "b" / kWeightsFile));
    EXPECT_EQ(b.sha256, hash_module(shelf.path / "b"));
    EXPECT_EQ(b.card.task, "adds");
    ASSERT_EQ(b.card.tests.size(), 1U);
    EXPECT_EQ(b.card.tests[0].answer, "2");
    EXPECT_EQ(b.problem, "");
  }
}

TEST(Index, ReadsAnewWhatChangedAndForgetsWhatIsGone) {
  const Shelf shelf;
  read_index(shelf.path);
  const std::string before = find(read_index(shelf.path), "a").sha256;
  write_module(shelf.path / "a", made("other", tiny(), {.rank = 2, .alpha = 8}), tiny(), "base");
  fs::remove_all(shelf.path / "c");
  const Index index = read_index(shelf.path);
  EXPECT_EQ(index.read, 1);
  EXPECT_THAT(names(index), ElementsAre("a", "b"));
  EXPECT_NE(find(index, "a").sha256, before);
  EXPECT_EQ(find(index, "a").rank, 2);
  fs::remove_all(shelf.path / "b");
  EXPECT_EQ(read_index(shelf.path).read, 0);
  EXPECT_EQ(base::read_file(shelf.path / kIndexFile).find("\"b\""), std::string::npos);
}

TEST(Index, NamesWhatCannotBeRead) {
  const Shelf shelf;
  base::write_file(shelf.path / "a" / kConfigFile, "{");
  fs::remove(shelf.path / "b" / kWeightsFile);
  const Index index = read_index(shelf.path);
  EXPECT_THAT(find(index, "a").problem, AllOf(HasSubstr(kConfigFile), HasSubstr("JSON")));
  EXPECT_THAT(find(index, "b").problem, HasSubstr(kWeightsFile));
  EXPECT_EQ(find(index, "c").problem, "");
  EXPECT_THAT(error_of([&] { find(index, "cc"); }), HasSubstr("did you mean 'c'"));
  EXPECT_THAT(error_of([&] { read_index(shelf.path / "absent"); }), HasSubstr("no such folder"));
}

TEST(Index, IsMadeAnewWhereItIsDamaged) {
  const Shelf shelf;
  for (const char* text :
       {"", "{", "[]", "{\"version\": 9}", "{\"version\": 2, \"modules\": 3}",
        R"({"version": 2, "modules": [1, {"name": 3}, {"name": "a", "card": [], "rank": "x"}]})"}) {
    base::write_file(shelf.path / kIndexFile, text);
    EXPECT_EQ(read_index(shelf.path).read, 3) << text;
  }
}

}  // namespace
}  // namespace lorahub::lora
