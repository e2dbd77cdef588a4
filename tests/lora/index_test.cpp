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

struct ConfigPath {
  Scratch scratch;
  const fs::path& path = scratch.path;
  ConfigPath() {
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
  const ConfigPath config_path;
  write_card(config_path.path / "b",
             {.task = "adds", .tests = {{.input = "1 + 1 =", .answer = "2"}}}, "");
  for (const int read : {3, 0}) {  // made, then kept
    const Index index = read_index(config_path.path);
    EXPECT_EQ(index.read, read);
    EXPECT_THAT(names(index), ElementsAre("a", "b", "c"));
    const Indexed& b = find(index, "b");
    EXPECT_EQ(b.base, "base");
    EXPECT_EQ(b.rank, 4);
    EXPECT_EQ(b.alpha, 8);
    EXPECT_THAT(b.targets, ElementsAre("q", "v"));
    EXPECT_EQ(b.bytes, fs::file_size(config_path.path / "b" / kWeightsFile));
    EXPECT_EQ(b.sha256, hash_module(config_path.path / "b"));
    EXPECT_EQ(b.card.task, "adds");
    ASSERT_EQ(b.card.tests.size(), 1U);
    EXPECT_EQ(b.card.tests[0].answer, "2");
    EXPECT_EQ(b.problem, "");
  }
}

TEST(Index, ReadsAnewWhatChangedAndForgetsWhatIsGone) {
  const ConfigPath config_path;
  read_index(config_path.path);
  const std::string before = find(read_index(config_path.path), "a").sha256;
  write_module(config_path.path / "a", made("other", tiny(), {.rank = 2, .alpha = 8}), tiny(),
               "base");
  fs::remove_all(config_path.path / "c");
  const Index index = read_index(config_path.path);
  EXPECT_EQ(index.read, 1);
  EXPECT_THAT(names(index), ElementsAre("a", "b"));
  EXPECT_NE(find(index, "a").sha256, before);
  EXPECT_EQ(find(index, "a").rank, 2);
  fs::remove_all(config_path.path / "b");
  EXPECT_EQ(read_index(config_path.path).read, 0);
  EXPECT_EQ(base::read_file(config_path.path / kIndexFile).find("\"b\""), std::string::npos);
}

TEST(Index, NamesWhatCannotBeRead) {
  const ConfigPath config_path;
  base::write_file(config_path.path / "a" / kConfigFile, "{");
  fs::remove(config_path.path / "b" / kWeightsFile);
  const Index index = read_index(config_path.path);
  EXPECT_THAT(find(index, "a").problem, AllOf(HasSubstr(kConfigFile), HasSubstr("JSON")));
  EXPECT_THAT(find(index, "b").problem, HasSubstr(kWeightsFile));
  EXPECT_EQ(find(index, "c").problem, "");
  EXPECT_THAT(error_of([&] { find(index, "cc"); }), HasSubstr("did you mean 'c'"));
  EXPECT_THAT(error_of([&] { read_index(config_path.path / "absent"); }),
              HasSubstr("no such folder"));
}

TEST(Index, OfNoModulesSuggestsNone) {
  const Scratch empty;
  EXPECT_EQ(error_of([&] { find(read_index(empty.path), "x"); }),
            "module 'x' is not in this library, which has none, check the path");
}

TEST(Index, IsMadeAnewWhereItIsDamaged) {
  const ConfigPath config_path;
  for (const char* text :
       {"", "{", "[]", "{\"version\": 9}", "{\"version\": 2, \"modules\": 3}",
        R"({"version": 2, "modules": [1, {"name": 3}, {"name": "a", "card": [], "rank": "x"}]})"}) {
    base::write_file(config_path.path / kIndexFile, text);
    EXPECT_EQ(read_index(config_path.path).read, 3) << text;
  }
}

}  // namespace
}  // namespace lorahub::lora
