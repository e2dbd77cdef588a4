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
  EXPECT_NE(base::read_file(config_path.path / kIndexFile).find("\"a\""), std::string::npos);
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

// Neither size nor time of a file tells that it can be read again.
TEST(Index, LooksAgainAtWhatCouldNotBeRead) {
  const ConfigPath config_path;
  const fs::path config = config_path.path / "a" / kConfigFile;
  const std::string good = base::read_file(config);
  const auto time = fs::last_write_time(config);
  const auto put = [&](const std::string& text) {
    base::write_file(config, text);
    fs::last_write_time(config, time);
  };
  put(std::string(good.size(), '{'));
  EXPECT_NE(find(read_index(config_path.path), "a").problem, "");
  EXPECT_NE(find(read_index(config_path.path), "a").problem, "");
  put(good);
  EXPECT_EQ(find(read_index(config_path.path), "a").problem, "");
}

TEST(Index, OfNoModulesSuggestsNone) {
  const Scratch empty;
  EXPECT_EQ(error_of([&] { find(read_index(empty.path), "x"); }),
            "module 'x' is not in this library, which has none, check the path");
}

TEST(Index, IsMadeAnewWhereItIsNoneOrOfAnotherVersion) {
  const ConfigPath config_path;
  read_index(config_path.path);
  std::string other = base::read_file(config_path.path / kIndexFile);
  other.replace(other.find(":4}"), 3, ":3}");
  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), other,
                                  std::string("{\"version\": 3, \"modules\": []}")}) {
    base::write_file(config_path.path / kIndexFile, text);
    EXPECT_EQ(read_index(config_path.path).read, 3) << text;
    EXPECT_EQ(read_index(config_path.path).read, 0) << text;
  }
}

// Whatever byte is lost or changed, modules of that line and the next one at most are opened again;
// and what is said of all of them is right.
TEST(Index, OpensAgainWhatWasDamaged) {
  const ConfigPath config_path;
  for (const char* name : {"a", "b", "c"})
    write_card(config_path.path / name, {.task = base::format("\"{}\" \\ \n", name)}, "");
  read_index(config_path.path);
  const fs::path file = config_path.path / kIndexFile;
  const std::string whole = base::read_file(file);
  const size_t begin = whole.find('\n') + 1;
  for (size_t at = begin; at < whole.size(); at += 23) {
    std::string changed = whole, lacking = whole;
    changed[at] ^= 1;
    lacking.erase(at, 1);
    for (const std::string& text : {changed, lacking, whole.substr(0, at)}) {
      base::write_file(file, text);
      const Index index = read_index(config_path.path);
      EXPECT_LE(index.read, text.size() + 1 < whole.size() ? 3 : 2) << text;
      EXPECT_GE(index.read, 1) << text;
      EXPECT_THAT(names(index), ElementsAre("a", "b", "c"));
      for (const Indexed& module : index.modules) {
        EXPECT_EQ(module.card.task, base::format("\"{}\" \\ \n", module.name)) << text;
        EXPECT_EQ(module.rank, 4) << text;
      }
      EXPECT_EQ(read_index(config_path.path).read, 0) << text;
    }
  }
}

TEST(Index, OfOneModuleLooksAtNoOther) {
  const ConfigPath config_path;
  EXPECT_EQ(read_entry(config_path.path, "b").rank, 4);
  EXPECT_EQ(read_lines(config_path.path / kIndexFile).lines.size(), 1U);
  EXPECT_EQ(read_index(config_path.path).read, 2);
  write_card(config_path.path / "b", {.task = "counts"}, "");
  EXPECT_EQ(read_entry(config_path.path, "b").card.task, "counts");
  EXPECT_EQ(read_index(config_path.path).read, 0);
  for (const char* name : {"", ".", "..", "b/../a", "bb"})
    EXPECT_THAT(error_of([&] { read_entry(config_path.path, name); }),
                HasSubstr("is not in this library"))
        << name;
}

}  // namespace
}  // namespace lorahub::lora
