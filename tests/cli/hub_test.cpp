// The hub and the probe as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/writer_mark.hpp"
#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

const std::string kRank16 = kConfigs + "/library/mini/r16";
const std::string kUpstreamRows = kConfigs + "/tasks/mini/upstream/find_letter.jsonl";

class Hub : public testing::Test {
 protected:
  void add(const std::string& module, const std::string& more = "") const {
    const Ended ended = lorahub("hub add " + quoted(shelf_) + " " + kRank16 + "/" + module +
                                kModel + " --self-test " + kUpstreamRows + more);
    ASSERT_EQ(ended.code, 0) << ended.err;
  }
  std::filesystem::path folder_ = fresh_folder("hub");
  std::filesystem::path shelf_ = folder_ / "shelf";
};

TEST_F(Hub, KeepsWhatIsAddedAndVerifiesIt) {
  add("find_letter", " --task 'finds a letter' --contamination none");
  add("max_letter", " --name renamed");
  const json list = parsed(lorahub("hub list " + quoted(shelf_) + " --json"));
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["name"], "find_letter");
  EXPECT_EQ(list[0]["task"], "finds a letter");
  EXPECT_EQ(list[0]["rank"], 16);
  EXPECT_EQ(list[0]["self_test"].size(), 3U);
  EXPECT_THAT(lorahub("hub list " + quoted(shelf_)).out,
              AllOf(HasSubstr("renamed"), HasSubstr("q v")));
  EXPECT_THAT(lorahub("hub show " + quoted(shelf_) + " find_letter").out,
              HasSubstr("contamination"));
  const Ended good = lorahub("hub verify " + quoted(shelf_) + kModel);
  EXPECT_EQ(good.code, 0) << good.out;
  EXPECT_THAT(good.out, HasSubstr("good, 3 self-test(s)"));
  const Ended twice =
      lorahub("hub add " + quoted(shelf_) + " " + kRank16 + "/find_letter" + kModel);
  EXPECT_EQ(twice.code, 2);
  EXPECT_THAT(twice.err, HasSubstr("is there already"));
  EXPECT_EQ(lorahub("hub remove " + quoted(shelf_) + " renamed").code, 0);
  EXPECT_EQ(parsed(lorahub("hub list " + quoted(shelf_) + " --json")).size(), 1U);
  EXPECT_EQ(lorahub("hub remove " + quoted(shelf_) + " ..").code, 2);
}

TEST_F(Hub, AFolderThatIsNoModuleIsToldFromOneThatIs) {
  std::filesystem::create_directories(shelf_ / "half");
  const Ended added =
      lorahub("hub add " + quoted(shelf_) + " " + kRank16 + "/find_letter --name half" + kModel);
  EXPECT_EQ(added.code, 2);
  EXPECT_THAT(added.err, HasSubstr("half: is there already, and is no module"));
}

TEST_F(Hub, WhatKilledCommandsLeftIsTakenAway) {
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::waitpid(gone, nullptr, 0);
  const std::string here = base::writer_mark();
  const std::filesystem::path left =
      shelf_ / ".unfinished" / (here.substr(0, here.find('-') + 1) + std::to_string(gone) + "-1");
  std::filesystem::create_directories(left);
  std::filesystem::copy(kRank16 + "/max_letter", left / "removed");
  add("find_letter", "");
  EXPECT_EQ(parsed(lorahub("hub list " + quoted(shelf_) + " --json")).size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(shelf_ / ".unfinished"));
}

TEST_F(Hub, SearchFindsWordsAndShowsAPage) {
  std::filesystem::create_directories(shelf_);
  for (const char* name : {"find_letter", "max_letter", "max_index"})
    std::filesystem::copy(kRank16 + "/" + name, shelf_ / name,
                          std::filesystem::copy_options::recursive);
  const auto found = [&](const std::string& words) {
    std::string names;
    for (const json& one : parsed(lorahub("hub " + words + " --json")))
      names += one["name"].get<std::string>() + " ";
    return names;
  };
  const std::string shelf = " " + quoted(shelf_);
  EXPECT_EQ(found("search" + shelf + " LETTER"), "find_letter max_letter ");
  EXPECT_EQ(found("search" + shelf + " nothing like it"), "");
  EXPECT_EQ(found("list" + shelf + " --skip 1 --limit 1"), "max_index ");
  const Ended page = lorahub("hub list" + shelf + " --limit 2");
  EXPECT_THAT(page.err, HasSubstr("2 of 3 modules are shown, --skip 2 shows the next ones"));
  EXPECT_EQ(lorahub("hub list" + shelf + " --skip 1").err, "");

  std::filesystem::remove_all(shelf_ / "max_letter");
  std::ofstream(shelf_ / "max_index/README.md") << "---\nlorahub: {task: a Letter again}\n---\n";
  EXPECT_EQ(found("search" + shelf + " letter"), "find_letter ");
  EXPECT_EQ(found("list" + shelf), "find_letter max_index ");
  EXPECT_EQ(found("search" + shelf + " a letter"), "max_index ");
}

TEST_F(Hub, AFolderThatIsNotThereIsCalledThat) {
  for (const std::string absent : {"absent", "absent/", "rows.jsonl"}) {
    std::ofstream(folder_ / "rows.jsonl") << "{}\n";
    const Ended ended =
        lorahub("hub add " + quoted(shelf_) + " " + quoted(folder_ / absent) + kModel);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, AllOf(HasSubstr(absent), HasSubstr("there is no such folder")));
    EXPECT_FALSE(std::filesystem::exists(shelf_));
  }
}

TEST_F(Hub, AFolderWithoutModulesIsNotGood) {
  const Ended ended = lorahub("hub verify " + quoted(folder_));
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("holds no module"));
}

// A test keeps what the module answers. Where that is not what was asked, all who read it know.
TEST_F(Hub, SelfTestsThatMissTheirTargetAreCounted) {
  std::ofstream(folder_ / "rows.jsonl") << R"({"input": "2 3 1", "target": "nothing like it"})"
                                        << "\n"
                                        << R"({"input": "4 5 6"})"
                                        << "\n";
  const Ended added = lorahub("hub add " + quoted(shelf_) + " " + kRank16 + "/find_letter" +
                              kModel + " --self-test " + quoted(folder_ / "rows.jsonl"));
  ASSERT_EQ(added.code, 0) << added.err;
  const char* kMiss = "2 self-test(s), of which 1 hold(s) another answer than the target";
  EXPECT_THAT(added.out, HasSubstr(kMiss));
  const Ended verified = lorahub("hub verify " + quoted(shelf_) + kModel);
  EXPECT_EQ(verified.code, 0);
  EXPECT_THAT(verified.out, HasSubstr(kMiss));
  EXPECT_EQ(parsed(lorahub("hub show " + quoted(shelf_) +
                           " find_letter --json"))["self_test"][0]["target"],
            "nothing like it");
}

// The shipped modules name the piece configs/model/mini.
TEST_F(Hub, VerifyFindsTheBaseOfAShippedCopyByName) {
  std::filesystem::create_directories(shelf_);
  std::filesystem::copy(kRank16 + "/find_letter", shelf_ / "find_letter",
                        std::filesystem::copy_options::recursive);
  const std::string verify = "hub verify " + quoted(shelf_);
  const Ended good = run_command("cd " + quoted(folder_) + " && LORAHUB_CONFIGS=" + kConfigs +
                                 " " PROGRAM " " + verify);
  EXPECT_EQ(good.code, 0) << good.out;
  EXPECT_THAT(good.out, HasSubstr("good, "));
  std::filesystem::copy(kRank16 + "/max_letter", shelf_ / "max_letter",
                        std::filesystem::copy_options::recursive);
  for (const std::string name : {"find_letter", "max_letter"}) {
    const std::filesystem::path config = shelf_ / name / "adapter_config.json";
    std::string text = read_all(config);
    const std::string base = "\"base_model_name_or_path\": \"mini\"";
    ASSERT_NE(text.find(base), std::string::npos);
    text.replace(text.find(base), base.size(), "\"base_model_name_or_path\": \"no_piece\"");
    std::ofstream(config) << text;
  }
  const Ended nowhere = run_command("cd " + quoted(folder_) + " && " PROGRAM " " + verify);
  EXPECT_EQ(nowhere.code, 1);
  EXPECT_THAT(nowhere.out, HasSubstr("its base 'no_piece' can't be loaded, see above"));
}

TEST(HubHelp, EachVerbHasItsOwnExample) {
  for (const std::string verb : {"list", "search", "show", "verify", "add", "remove"})
    EXPECT_THAT(lorahub("hub " + verb + " --help").out,
                HasSubstr("Example: lorahub hub " + verb + " "));
}

TEST_F(Hub, CopiesNoFileFromOutsideOfTheAdapter) {
  const std::filesystem::path real = kRank16 + "/find_letter", made = folder_ / "made";
  std::ofstream(folder_ / "secret") << "secret";
  for (const std::string name : {"adapter_model.safetensors", "adapter_config.json", "README.md"}) {
    std::filesystem::remove_all(made);
    std::filesystem::copy(real, made);
    std::filesystem::remove(made / name);
    std::filesystem::create_symlink(name == "README.md" ? folder_ / "secret" : real / name,
                                    made / name);
    const Ended ended = lorahub("hub add " + quoted(shelf_) + " " + quoted(made) + kModel);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, AllOf(HasSubstr(name + " is a link to"), HasSubstr("put the file")));
    EXPECT_FALSE(std::filesystem::exists(shelf_));
  }
  std::filesystem::create_directories(shelf_);
  std::filesystem::create_symlink(folder_ / "elsewhere", shelf_ / "dangling");
  EXPECT_EQ(lorahub("hub add " + quoted(shelf_) + " " + kRank16 + "/find_letter" + kModel +
                    " --name dangling")
                .code,
            2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "elsewhere"));
}

TEST_F(Hub, NamesOfTheLibrarysOwnFilesAreRefused) {
  for (const std::string name : {"modules.txt", "index.jsonl", ".unfinished"}) {
    const Ended ended = lorahub("hub add " + quoted(shelf_) + " " + kRank16 + "/find_letter" +
                                kModel + " --name " + name);
    EXPECT_EQ(ended.code, 2) << name;
    EXPECT_THAT(ended.err, HasSubstr("is the name of a file of the library itself")) << name;
    EXPECT_FALSE(std::filesystem::exists(shelf_));
  }
}

TEST_F(Hub, NamesStayInTheLibrary) {
  for (const std::string name : {"../x", "/etc/x", "..", ".", "a/b", "'a\nb'", "'\x1b[2J'",
                                 "'\xff'", "\"$(printf 'x%.0s' $(seq 300))\""}) {
    const Ended ended = lorahub("hub add " + quoted(shelf_) + " " + kRank16 + "/find_letter" +
                                kModel + " --name " + name);
    EXPECT_EQ(ended.code, 2) << name;
    EXPECT_THAT(ended.err, HasSubstr("a module's name is that of one folder")) << name;
    EXPECT_FALSE(std::filesystem::exists(shelf_));
  }
}

TEST_F(Hub, AnAdapterOfTheHuggingFaceCacheIsCopied) {
  const auto repository = folder_ / "hub/models--a--b";
  std::filesystem::create_directories(repository / "snapshots/0");
  std::filesystem::copy(kRank16 + "/find_letter", repository / "blobs");
  for (const auto& blob : std::filesystem::directory_iterator(repository / "blobs"))
    std::filesystem::create_symlink("../../blobs" / blob.path().filename(),
                                    repository / "snapshots/0" / blob.path().filename());
  const Ended ended = lorahub("hub add " + quoted(shelf_) + " " +
                              quoted(repository / "snapshots/0") + kModel + " --name b");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_FALSE(std::filesystem::is_symlink(shelf_ / "b/adapter_model.safetensors"));
}

// The weights of another module under the card of the first; bytes changed behind the index's back.
TEST_F(Hub, VerifyFindsWrongAnswersAndChangedBytes) {
  add("find_letter");
  const auto weights = shelf_ / "find_letter/adapter_model.safetensors";
  std::filesystem::copy_file(kRank16 + "/hid_rev_comma/adapter_model.safetensors", weights,
                             std::filesystem::copy_options::overwrite_existing);
  const Ended wrong = lorahub("hub verify " + quoted(shelf_) + kModel + " --json");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_FALSE(json::parse(wrong.out)["find_letter"]["good"]);
  EXPECT_THAT(wrong.out, HasSubstr("as the card says"));

  const auto time = std::filesystem::last_write_time(weights);
  std::fstream file(weights, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-3, std::ios::end);
  file.put('\x01');
  file.close();
  std::filesystem::last_write_time(weights, time);
  const Ended spoilt = lorahub("hub verify " + quoted(shelf_) + kModel);
  EXPECT_EQ(spoilt.code, 1);
  EXPECT_THAT(spoilt.out, HasSubstr("not those of the index"));
}

TEST_F(Hub, ProbeMeasuresEachModuleAlone) {
  const std::string what = "probe" + kModel + " --library " + kRank16 +
                           " --modules find_letter,max_letter,isa_full --task " + kUpstreamRows +
                           " --shots 6 --cache " + quoted(folder_ / "cache");
  const Ended first = lorahub(what + " --json --map " + quoted(folder_ / "map.svg"));
  const json probed = parsed(first);
  ASSERT_EQ(probed["modules"].size(), 3U);
  const json& own = probed["modules"][0];
  EXPECT_LT(own["loss"].get<double>(), probed["base"]["loss"].get<double>() / 2);
  EXPECT_GT(own["accuracy"].get<double>(), probed["base"]["accuracy"].get<double>());
  EXPECT_GT(own["changed"].get<double>(), 0);
  EXPECT_GT(own["norm_ba"].get<double>(), 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(probed["similarity"][i][i].get<double>(), 1, 1e-12);
    EXPECT_LT(std::abs(probed["similarity"][i][(i + 1) % 3].get<double>()), 0.99);
  }
  EXPECT_THAT(read_all(folder_ / "map.svg"), AllOf(HasSubstr("<svg"), HasSubstr("isa_full")));
  EXPECT_EQ(lorahub(what + " --json").out, first.out);  // from the cache: the same digits
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "cache")) {
    ++files;  // what is in the cache is believed: a value put there comes out
    json cached = json::parse(read_all(file.path()));
    EXPECT_EQ(cached.size(), 3U);
    for (auto& [module, row] : cached.items()) row[0] = 123.5;
    std::ofstream(file.path()) << cached;
  }
  EXPECT_EQ(files, 1);
  EXPECT_EQ(parsed(lorahub(what + " --json"))["modules"][0]["loss"], 123.5);
  EXPECT_THAT(lorahub(what + " --seed 2").out,
              AllOf(HasSubstr("(base)"), HasSubstr("most similar")));
}

}  // namespace
}  // namespace lorahub
