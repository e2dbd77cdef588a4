// What a user has at a place that --out names stays, unless this program wrote it, or --force is
// given.
#include "cli/outputs.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kTwoModules = " --model " + kConfigs + "/model/mini --library " + kConfigs +
                                "/library/mini/r4 --modules find_letter,max_letter";
const std::string kPoolOption =
    " --task " + kConfigs + "/tasks/mini/unseen/E1_isa_letter/pool.jsonl";

std::map<std::string, std::string> tree(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    files[entry.path().string()] = entry.is_symlink() ? fs::read_symlink(entry.path()).string()
                                   : entry.is_regular_file() ? read_all(entry.path())
                                                             : "";
  return files;
}

class Outputs : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(folder_ / "w.json") << "[[0.5, 0.25]]"; }

  // Commands that write an adapter or a model into a folder.
  std::vector<std::string> into(const fs::path& out) const {
    const std::string composed = "compose" + kTwoModules + " --weights " +
                                 quoted(folder_ / "w.json") + " --out " + quoted(out);
    return {composed, composed + " --merge f32",
            "adapt" + kTwoModules + kPoolOption +
                " --search recommended --budget 2 --quick --out " + quoted(out)};
  }
  void expect_kept(const std::string& command, const fs::path& folder) const {
    const auto before = tree(folder);
    const Ended ended = lorahub(command);
    EXPECT_EQ(ended.code, 2) << command;
    EXPECT_THAT(ended.err, HasSubstr("--force")) << command;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_EQ(tree(folder), before) << command;
  }
  fs::path folder_ = fresh_folder("outputs");
};

TEST_F(Outputs, AFolderOfTheUsersIsNotTaken) {
  const fs::path notes = folder_ / "notes", adapter = folder_ / "adapter", link = folder_ / "link";
  fs::create_directories(notes);
  std::ofstream(notes / "README.md") << "# My notes\n";
  fs::copy(kConfigs + "/library/mini/r4/find_letter", adapter);
  fs::create_directory(folder_ / "linked");
  fs::create_directory_symlink(folder_ / "linked", link);
  for (const auto& folder : {notes, adapter, link})
    for (const std::string& command : into(folder)) expect_kept(command, folder_);
}

// What was composed of other weights, in another form or by another search is the user's.
TEST_F(Outputs, ACompositionIsReplacedByTheSameCommandAndByForceAlone) {
  const fs::path out = folder_ / "out";
  for (const std::string& command : into(out)) {
    ASSERT_EQ(lorahub(command + " --force").code, 0) << command;
    const auto before = tree(folder_);
    EXPECT_EQ(lorahub(command).code, 0) << command;
    EXPECT_EQ(tree(folder_), before) << command;
    for (const std::string& other : into(out))
      if (other != command) expect_kept(other, folder_);
    const char* other_form = command.starts_with("adapt") ? "factor" : "product";
    expect_kept(command + " --composition " + other_form, folder_);
  }
  fs::remove_all(out);
  fs::create_directories(out);
  std::ofstream(out / "README.md") << "# My notes\n";
  EXPECT_EQ(lorahub(into(out).front() + " --force").code, 0);
}

TEST_F(Outputs, AFileOfTheUsersBehindALinkInOurFolderStays) {
  const fs::path out = folder_ / "out";
  ASSERT_EQ(lorahub(into(out).front()).code, 0);
  std::ofstream(folder_ / "mine.json") << "mine";
  fs::remove(out / "adapter_config.json");
  fs::create_symlink(folder_ / "mine.json", out / "adapter_config.json");
  for (const std::string& command : into(out)) expect_kept(command, folder_);
}

TEST_F(Outputs, NothingIsWrittenBeforeTheInputsAreChecked) {
  const fs::path out = folder_ / "out";
  std::ofstream(folder_ / "bad.jsonl") << "{\"input\": 3}\n";
  fs::create_directories(folder_ / "library/broken");
  std::ofstream(folder_ / "library/broken/adapter_config.json") << "{}";
  const std::string task = " --task " + quoted(folder_ / "bad.jsonl");
  for (const std::string& command :
       {"adapt" + kTwoModules + task + " --out " + quoted(out),
        "adapt --model " + kConfigs + "/model/mini --library " + quoted(folder_ / "library") +
            kPoolOption + " --modules all --out " + quoted(out),
        "compose" + kTwoModules + " --weights /nowhere.json --out " + quoted(out)}) {
    EXPECT_EQ(lorahub(command).code, 2) << command;
    EXPECT_FALSE(fs::exists(out)) << command;
  }
}

TEST_F(Outputs, AnInterruptedAdaptationSaysThatItGoesOn) {
  const fs::path out = folder_ / "out";
  const Ended ended =
      lorahub("adapt" + kTwoModules + kPoolOption + " --budget 1000000 --quick --out " +
              quoted(out) + " & while [ ! -e " + quoted(out / "README.md") +
              " ]; do sleep 0.1; done; kill -TERM $!; wait $!");
  EXPECT_EQ(ended.code, 75) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("run the same command to go on"));
  EXPECT_EQ(lorahub(into(out).back()).code, 0);
}

TEST_F(Outputs, FilesOfTheUsersAreNotReplaced) {
  const fs::path rate = folder_ / "rate.json", map = folder_ / "map.svg";
  std::ofstream(rate) << "{\"mine\": 1}";
  std::ofstream(map) << "<svg></svg>";
  for (const std::string& command : {"bench --shape flan-t5-small --json " + quoted(rate),
                                     "probe" + kTwoModules + kPoolOption + " --map " + quoted(map)})
    expect_kept(command, folder_);
}

// Before anything is computed: nothing but the sentence is printed.
TEST_F(Outputs, APlaceThatCannotBeWrittenToIsFoundFirst) {
  std::ofstream(folder_ / "file") << "no folder";
  const std::string place = quoted(folder_ / "file/x");
  std::ofstream(folder_ / "train.yaml")
      << "train: lora\nmodel: " << kConfigs << "/model/mini\ndata: " << kConfigs
      << "/tasks/mini/unseen/E1_isa_letter/pool.jsonl\nout: " << (folder_ / "file/x").string()
      << "\n";
  std::vector<std::string> commands{
      "bench --shape flan-t5-small --json " + place + ".json",
      "probe" + kTwoModules + kPoolOption + " --map " + place + ".svg",
      "report " SOURCE_DIR "/results --out " + place + ".html",
      "report " SOURCE_DIR "/results --out " + place + ".md",
      "train " + quoted(folder_ / "train.yaml"),
      "hub add " + place + " " + kConfigs + "/library/mini/r4/find_letter --model " + kConfigs +
          "/model/mini"};
  for (const std::string& command : into(folder_ / "file/x")) commands.push_back(command);
  for (const std::string& command : commands) {
    const Ended ended = lorahub(command);
    EXPECT_EQ(ended.code, 2) << command;
    EXPECT_EQ(ended.out, "") << command;
    EXPECT_THAT(ended.err, HasSubstr("file/x")) << command;
    EXPECT_THAT(ended.err, HasSubstr("ot a directory")) << command;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
  EXPECT_EQ(read_all(folder_ / "file"), "no folder");
}

class Replaceable : public Outputs {
 protected:
  std::string refusal(const fs::path& file, lora::Force force = lora::Force::no) {
    try {
      cli::check_replaceable(file, {"first", "second"}, force);
    } catch (const base::Error& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(Replaceable, IsAFileWithItsMarksInOrder) {
  const fs::path file = folder_ / "file";
  EXPECT_EQ(refusal(file), "");
  std::ofstream(file) << "the first and the second";
  EXPECT_EQ(refusal(file), "");
  fs::create_symlink(file, folder_ / "link");
  EXPECT_THAT(refusal(folder_ / "link"), HasSubstr("--force"));
  EXPECT_EQ(refusal(folder_ / "link", lora::Force::yes), "");
  std::ofstream(file) << "second, first";
  EXPECT_THAT(refusal(file), HasSubstr("did not write it"));
  EXPECT_EQ(refusal(file, lora::Force::yes), "");
  EXPECT_THAT(refusal(folder_, lora::Force::yes), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace lorahub
