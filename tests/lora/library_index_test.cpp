#include "lora/library_index.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <latch>
#include <thread>

#include "lora/peft.hpp"
#include "made.hpp"

namespace lorahub::lora {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A library of modules m0, m1, ..., of which module i has the task "task i".
class LibraryIndexes : public testing::Test {
 protected:
  LibraryIndexes() {
    for (int i = 0; i < 5; ++i) make(base::format("m{}", i), base::format("Task {}", i));
  }
  void make(const std::string& name, const std::string& task) const {
    const fs::path folder = scratch_.path / name;
    base::write_file(folder / kConfigFile, R"({"peft_type": "LORA", "r": 4})");
    base::write_file(folder / kWeightsFile, "weights of " + name);
    write_card(folder, {.task = task}, "");
  }
  // As a new process finds it.
  LibraryIndex opened() const {
    LibraryIndex index(scratch_.path);
    renew_names(index);
    return index;
  }
  std::vector<std::string> names(const LibraryIndex& index) const {
    std::vector<std::string> all;
    for (const IndexLine& line : index.lines()) all.emplace_back(line.name);
    return all;
  }
  static std::vector<std::string> tasks(const IndexPage& page) {
    std::vector<std::string> all;
    for (const Indexed& module : page.modules) all.push_back(module.card.task);
    return all;
  }
  fs::path file() const { return scratch_.path / kIndexFile; }
  Scratch scratch_;
};

TEST_F(LibraryIndexes, NoticesFoldersThatAreNewOrGone) {
  opened();
  make("m22", "new");
  fs::remove_all(scratch_.path / "m1");
  fs::create_directories(scratch_.path / "no_module");
  base::write_file(scratch_.path / "m9", "a file");
  LibraryIndex index(scratch_.path);
  const IndexChanges changes = index.renewed_names({});
  EXPECT_THAT(changes.gone, ElementsAre("m1"));
  ASSERT_EQ(changes.read.size(), 1U);
  EXPECT_EQ(changes.read[0].task, "new");
  index.apply(changes);
  EXPECT_THAT(names(index), ElementsAre("m0", "m2", "m22", "m3", "m4"));
}

TEST_F(LibraryIndexes, OpensNoMoreThanItMay) {
  const LibraryIndex index(scratch_.path);
  const auto opened = [&](const OpeningLimits& most) {
    const IndexChanges changes = index.renewed_names(most);
    EXPECT_EQ(changes.read.size() + changes.unread, 5U);
    return changes.read.size();
  };
  const size_t bytes = fs::file_size(scratch_.path / "m0" / kWeightsFile);
  EXPECT_EQ(opened({}), 5U);
  EXPECT_EQ(opened({.modules = 2}), 2U);
  EXPECT_EQ(opened({.bytes = 3 * bytes}), 3U);
  EXPECT_EQ(opened({.bytes = 1}), 1U);
}

TEST_F(LibraryIndexes, LooksAgainAtWhatIsShownAlone) {
  opened();
  for (const char* name : {"m1", "m3"})  // in place, of another length
    write_card(scratch_.path / name, {.task = base::format("{} is another one", name)}, "");
  fs::remove(scratch_.path / "m2" / kConfigFile);
  LibraryIndex index = opened();
  IndexChanges changes;
  const IndexPage page = index.page({.skip = 1, .most = 2}, changes);
  EXPECT_THAT(tasks(page), ElementsAre("m1 is another one", "m3 is another one"));
  EXPECT_EQ(page.total, 4U);  // without m2
  EXPECT_THAT(changes.gone, ElementsAre("m2"));
  EXPECT_EQ(changes.read.size(), 2U);
  IndexChanges none;
  EXPECT_THAT(tasks(index.page({.most = 1}, none)), ElementsAre("Task 0"));
  EXPECT_THAT(none.read, IsEmpty());
}

TEST_F(LibraryIndexes, FindsByNameAndTaskWhateverTheCase) {
  const LibraryIndex index = opened();
  const auto found = [&](const IndexQuery& query) {
    IndexChanges changes;
    return tasks(index.page(query, changes));
  };
  EXPECT_THAT(found({.words = "tASK 3"}), ElementsAre("Task 3"));
  EXPECT_THAT(found({.words = "M4"}), ElementsAre("Task 4"));
  EXPECT_THAT(found({.words = "task", .skip = 1, .most = 2}), ElementsAre("Task 1", "Task 2"));
  EXPECT_THAT(found({.words = "m1\nTask"}), IsEmpty());
}

// A hit by what was known is no hit any more by what is there, and the other way round only once
// somebody has looked.
TEST_F(LibraryIndexes, SearchShowsNoHitThatIsNone) {
  opened();
  write_card(scratch_.path / "m3", {.task = "sorting of words"}, "");
  LibraryIndex index = opened();
  IndexChanges changes;
  const IndexPage before = index.page({.words = "task 3"}, changes);
  EXPECT_THAT(before.modules, IsEmpty());
  EXPECT_EQ(before.total, 0U);
  index.apply(changes);
  EXPECT_THAT(tasks(index.page({.words = "SORTING"}, changes)), ElementsAre("sorting of words"));
}

TEST_F(LibraryIndexes, LeavesOutWhatCannotBeReadWhereThatIsAsked) {
  base::write_file(scratch_.path / "m1" / kConfigFile, "{");
  const LibraryIndex index = opened();
  IndexChanges changes;
  EXPECT_EQ(index.page({}, changes).total, 5U);
  EXPECT_EQ(index.page({.readable = true}, changes).total, 4U);
}

TEST_F(LibraryIndexes, CheckNoticesEveryChange) {
  LibraryIndex index = opened();
  write_card(scratch_.path / "m0", {.task = "first"}, "");
  fs::remove_all(scratch_.path / "m1");
  base::write_file(scratch_.path / "m4" / kWeightsFile, "other weights");
  IndexChanges changes;
  index.check(0, 3, changes);
  EXPECT_EQ(changes.read.size(), 1U);
  EXPECT_THAT(changes.gone, ElementsAre("m1"));
  index.check(3, 99, changes);
  EXPECT_EQ(changes.read.size(), 2U);
}

TEST_F(LibraryIndexes, AChangeIsOneLineOfTheFile) {
  opened();
  const std::string before = base::read_file(file());
  make("m22", "new");
  renew_entry(scratch_.path, "m22");
  const std::string added = base::read_file(file());
  ASSERT_TRUE(added.starts_with(before));
  EXPECT_EQ(std::ranges::count(added.substr(before.size()), '\n'), 1);
  fs::remove_all(scratch_.path / "m0");
  renew_entry(scratch_.path, "m0");
  EXPECT_TRUE(base::read_file(file()).starts_with(added));
  const LibraryIndex index(scratch_.path);  // by the file alone
  EXPECT_THAT(names(index), ElementsAre("m1", "m2", "m22", "m3", "m4"));
}

TEST_F(LibraryIndexes, TheFileStaysSmall) {
  const size_t once = [&] {
    opened();
    return fs::file_size(file());
  }();
  for (int i = 0; i < 20; ++i) {
    write_card(scratch_.path / "m0", {.task = std::string(static_cast<size_t>(i + 10), 'x')}, "");
    LibraryIndex index = opened();
    IndexChanges changes;
    index.page({}, changes);
    index.apply(changes);
    index.save(changes);
  }
  EXPECT_LT(fs::file_size(file()), 2 * once);
}

TEST_F(LibraryIndexes, WithoutAModuleThereIsNoFile) {
  const Scratch empty;
  fs::create_directories(empty.path / "sub");
  LibraryIndex index(empty.path / "sub");
  renew_names(index);
  EXPECT_FALSE(fs::exists(empty.path / "sub" / kIndexFile));
}

TEST_F(LibraryIndexes, ALibraryThatCannotBeWrittenToIsReadAllTheSame) {
  fs::create_directories(file());  // nothing can be written there, not even by root
  for (int round = 0; round < 2; ++round) {
    const LibraryIndex index = opened();
    EXPECT_EQ(index.lines().size(), 5U);
  }
  renew_entry(scratch_.path, "m0");
  EXPECT_TRUE(fs::is_directory(file()));
}

TEST_F(LibraryIndexes, NamesThatAreNoTextAreModules) {
  for (const std::string name : {"two\nlines", "a \"quote\"", "back\\slash\\", "\xff"})
    make(name, "odd \\ \"" + name);
  for (int round = 0; round < 2; ++round) {
    const LibraryIndex index = opened();
    EXPECT_THAT(names(index), ElementsAre("a \"quote\"", "back\\slash\\", "m0", "m1", "m2", "m3",
                                          "m4", "two\nlines", "\xff"));
    IndexChanges changes;
    EXPECT_EQ(index.page({.words = "two\nlines"}, changes).modules.at(0).name, "two\nlines");
  }
}

TEST_F(LibraryIndexes, AFileThatIsCutShortLaterSpoilsNothing) {
  opened();
  const LibraryIndex index = opened();  // from the file
  fs::resize_file(scratch_.path / kIndexFile, 0);
  IndexChanges changes;
  EXPECT_EQ(index.page({}, changes).modules.size(), 5U);
  EXPECT_EQ(changes.read.size(), 5U);  // from their folders
  EXPECT_EQ(names(opened()).size(), 5U);
}

// What was known is read from the file when it is shown, and may be another module's by then.
TEST_F(LibraryIndexes, AFileThatIsOverwrittenLaterSpoilsNothing) {
  opened();
  const LibraryIndex index = opened();
  std::string text = base::read_file(file());
  const size_t first = text.find('\n') + 1, second = text.find('\n', first) + 1;
  const std::string line = text.substr(first, second - first);
  text.replace(second, line.size(), line);  // m0 where m1 was
  std::ofstream(file(), std::ios::in) << text;
  IndexChanges changes;
  EXPECT_THAT(tasks(index.page({}, changes)),
              ElementsAre("Task 0", "Task 1", "Task 2", "Task 3", "Task 4"));
  EXPECT_THAT(changes.read, ElementsAre(testing::Field(&IndexLine::name, "m1")));
  write_lines(file(), index.lines());
  EXPECT_THAT(names(LibraryIndex(scratch_.path)), ElementsAre("m0", "m2", "m3", "m4"));
  EXPECT_EQ(names(opened()).size(), 5U);
}

// Writers of one index at once: what one loses of another's is read anew, and nothing else.
TEST_F(LibraryIndexes, TwoWritersSpoilNothing) {
  constexpr int kEach = 15;
  opened();
  std::latch begin(2);
  const auto writes = [&](const std::string& letter) {
    begin.arrive_and_wait();
    for (int i = 0; i < kEach; ++i) {
      const std::string name = base::format("{}{}", letter, i);
      make(name, base::format("{} of {}", i, letter));
      renew_entry(scratch_.path, name);
      LibraryIndex index(scratch_.path);
      IndexChanges changes = index.renewed_names({});
      index.apply(changes);
      index.save(changes);
      if (i % 3 == 0) write_lines(file(), index.lines());
    }
  };
  std::thread one(writes, "x"), other(writes, "y");
  one.join();
  other.join();
  LibraryIndex index = opened();
  EXPECT_EQ(index.lines().size(), 5U + 2 * kEach);
  IndexChanges changes;  // one may have read a module of the other before its card was there
  const IndexPage page = index.page({}, changes);
  for (const Indexed& module : page.modules) {
    if (module.name[0] == 'm') continue;
    EXPECT_EQ(module.card.task,
              base::format("{} of {}", module.name.substr(1), module.name.substr(0, 1)));
  }
  index.apply(changes);
  index.save(changes);
  IndexChanges none;
  EXPECT_EQ(opened().page({}, none).total, 5U + 2 * kEach);
  EXPECT_THAT(none.read, IsEmpty());
}

TEST_F(LibraryIndexes, ATornLineTakesNoOtherWithIt) {
  opened();
  const std::string whole = base::read_file(file());
  for (size_t cut = 2; cut < 100; cut += 9) {  // of the last line
    base::write_file(file(), whole.substr(0, whole.size() - cut));
    make("m22", "new");
    renew_entry(scratch_.path, "m22");
    const LibraryIndex index(scratch_.path);
    EXPECT_THAT(names(index),
                AllOf(testing::Contains("m22"), testing::Contains("m3"), testing::SizeIs(5)))
        << cut;
  }
}

}  // namespace
}  // namespace lorahub::lora
