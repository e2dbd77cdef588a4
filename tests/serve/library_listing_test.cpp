#include "serve/library_listing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/check.hpp"
#include "process.hpp"

namespace lorahub::serve {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class Listings : public testing::Test {
 protected:
  Listings() {
    for (const char* name : {"a", "b", "c"}) make(name, std::string("task ") + name);
  }
  void card(const std::string& name, const std::string& task) const {
    std::ofstream(folder_ / name / "README.md") << "---\nlorahub:\n  task: " << task << "\n---\n";
  }
  void make(const std::string& name, const std::string& task) const {
    fs::create_directories(folder_ / name);
    std::ofstream(folder_ / name / "adapter_model.safetensors") << name;
    card(name, task);
    std::ofstream(folder_ / name / "adapter_config.json") << R"({"peft_type": "LORA", "r": 4})";
  }
  static std::vector<std::string> tasks(const lora::IndexPage& page) {
    std::vector<std::string> all;
    for (const lora::Indexed& module : page.modules) all.push_back(module.card.task);
    return all;
  }
  // A whole round, or what is left of one.
  void look_on() const {
    while (listing_.look_on()) {
    }
  }
  const fs::path folder_ =
      fresh_folder(testing::UnitTest::GetInstance()->current_test_info()->name());
  const LibraryListing listing_{folder_};
};

TEST_F(Listings, ShowWhatIsThereNow) {
  EXPECT_THAT(tasks(listing_.page({})), ElementsAre("task a", "task b", "task c"));
  card("b", "is another one");
  EXPECT_THAT(tasks(listing_.page({})), ElementsAre("task a", "is another one", "task c"));
  EXPECT_EQ(listing_.find("b")->card.task, "is another one");
  make("d", "task d");
  fs::remove_all(folder_ / "a");
  fs::remove(folder_ / "c/adapter_config.json");
  EXPECT_THAT(tasks(listing_.page({})), ElementsAre("is another one", "task d"));
  EXPECT_EQ(listing_.count(), 2U);
  EXPECT_FALSE(listing_.find("a"));
  EXPECT_FALSE(listing_.find("c"));
  EXPECT_FALSE(listing_.find("../" + folder_.filename().string() + "/b"));
}

TEST_F(Listings, LeaveOutWhatCannotBeRead) {
  std::ofstream(folder_ / "b/adapter_config.json") << "{";
  EXPECT_THAT(tasks(listing_.page({})), ElementsAre("task a", "task c"));
  EXPECT_FALSE(listing_.find("b"));
  EXPECT_EQ(listing_.count(), 2U);
}

TEST_F(Listings, FindNewWordsOfACardAfterARound) {
  listing_.page({});
  card("b", "sorting");
  EXPECT_EQ(listing_.page({.words = "task B"}).total, 0U);  // it is looked at before it is shown
  card("c", "rhyming");
  EXPECT_EQ(listing_.page({.words = "RHYMING"}).total, 0U);
  look_on();
  EXPECT_THAT(tasks(listing_.page({.words = "RHYMING"})), ElementsAre("rhyming"));
}

TEST_F(Listings, OpenAFewNewModulesInARequestAndTheOthersMeanwhile) {
  listing_.page({});
  for (int i = 0; i < 300; ++i) make("n" + std::to_string(i), "many");
  const size_t at_once = listing_.page({}).total;
  EXPECT_GT(at_once, 3U);
  EXPECT_LT(at_once, 100U);
  look_on();
  EXPECT_EQ(listing_.page({}).total, 303U);
}

TEST_F(Listings, TakeInOneModule) {
  EXPECT_EQ(listing_.page({}).total, 3U);
  make("d", "task d");
  EXPECT_EQ(listing_.look_at("d")->card.task, "task d");
  EXPECT_EQ(lora::LibraryIndex(folder_).find("d")->task, "task d");  // by the file alone
  EXPECT_EQ(listing_.page({.words = "task d"}).total, 1U);
  std::ofstream(folder_ / "d/adapter_config.json") << "{";
  EXPECT_FALSE(listing_.look_at("d"));
  fs::remove_all(folder_ / "d");
  EXPECT_FALSE(listing_.look_at("d"));
  EXPECT_EQ(listing_.page({.words = "task d"}).total, 0U);
  const LibraryListing unasked(folder_);  // of which nothing is known as yet
  make("e", "task e");
  EXPECT_EQ(unasked.look_at("e")->card.task, "task e");
}

TEST_F(Listings, OfPublishedNamesAreThoseOfTheList) {
  std::ofstream(folder_ / "names.txt") << "lorahub/One\nlorahub/two\n";
  const LibraryListing names(folder_ / "names.txt");
  EXPECT_EQ(names.count(), 2U);
  EXPECT_EQ(names.page({.words = "ONE"}).modules.at(0).name, "lorahub/One");
  EXPECT_EQ(names.page({.skip = 1}).modules.at(0).name, "lorahub/two");
  EXPECT_TRUE(names.find("lorahub/two"));
  EXPECT_FALSE(names.find("two"));
  EXPECT_FALSE(names.look_on());
}

TEST_F(Listings, AreAskedByManyThreadsAtOnce) {
  std::atomic<bool> ends = false;
  std::vector<std::thread> threads;
  for (int reader = 0; reader < 3; ++reader)
    threads.emplace_back([&] {
      while (!ends) {
        const lora::IndexPage page = listing_.page({.words = "task"});
        for (const lora::Indexed& module : page.modules)
          ASSERT_EQ(module.card.task, "task " + module.name);
        ASSERT_GE(page.total, 3U);
      }
    });
  threads.emplace_back([&] {
    while (!ends) listing_.look_on();
  });
  for (int i = 0; i < 40; ++i) {
    const std::string name = "n" + std::to_string(i);
    make(name, "task " + name);
    listing_.look_at(name);
    if (i % 2 == 0) continue;
    fs::remove_all(folder_ / name);
    listing_.look_at(name);
  }
  ends = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(listing_.page({.words = "task n"}).total, 20U);
}

}  // namespace
}  // namespace lorahub::serve
