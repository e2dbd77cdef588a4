#include "run/lead/hooks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "process.hpp"

namespace lorahub::run {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class HooksTest : public testing::Test {
 protected:
  // The objects that a command was given, which appends them to a file.
  std::vector<json> told() const {
    std::vector<json> objects;
    for (const std::string& line : base::split(read_all(file_), '\n'))
      if (!line.empty()) objects.push_back(json::parse(line));
    return objects;
  }
  std::string append() const { return "cat >> " + quoted(file_); }

  const std::filesystem::path file_ = fresh_folder("hooks") / "told";
  const HookStudy study_{.name = "a study", .out = "results/a study"};
  const study::Trial trial_{.model = "m", .task = "t", .method = study::Method::zero_shot};
};

TEST_F(HooksTest, EachTrialAndTheStudyAreToldInOrder) {
  {
    Hooks hooks({.trial = append(), .study = append()});
    hooks.of_study(study_);
    hooks.will_run(3);
    store::Record record;
    record.accuracy = 62.5;
    record.best_loss = std::nan("");
    record.counts.evaluations = 40;
    hooks.trial_done(trial_, record);
    hooks.trial_failed(trial_, "no \"room\"\nleft");
    hooks.study_ended("failed");
  }
  const std::vector<json> all = told();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0]["event"], "trial");
  EXPECT_EQ(all[0]["id"], study::id(trial_));
  EXPECT_EQ(all[0]["knobs"]["method"], "zero_shot");
  EXPECT_EQ(all[0]["accuracy"], 62.5);
  EXPECT_TRUE(all[0]["loss"].is_null());
  EXPECT_EQ(all[0]["evaluations"], 40);
  EXPECT_EQ(all[1]["state"], "failed");
  EXPECT_THAT(all[1]["why"].get<std::string>(), HasSubstr("no \"room\""));
  EXPECT_EQ(all[2]["event"], "study");
  EXPECT_EQ(all[2]["out"], "results/a study");
  EXPECT_EQ(all[2]["trials"], 3);
  EXPECT_EQ(all[2]["done"], 1);
  EXPECT_EQ(all[2]["failed"], 1);
}

TEST_F(HooksTest, AFailureIsSaidOnceAndTheNextCallIsMade) {
  testing::internal::CaptureStderr();
  {
    Hooks hooks({.trial = append() + "; echo no such server; exit 7", .study = ""});
    hooks.of_study(study_);
    for (int i = 0; i < 3; ++i) hooks.trial_done(trial_, {});
  }
  EXPECT_EQ(told().size(), 3U);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("failed (it ended with 7: no such server), the run goes on"));
  EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
}

TEST_F(HooksTest, ACommandThatHangsIsKilledAndTheTrialsDoNotWait) {
  testing::internal::CaptureStderr();
  const base::Stopwatch clock;
  double told_after = 0;
  {
    Hooks hooks({.trial = "sleep 300", .study = "", .patience = 0.3});
    hooks.of_study(study_);
    for (int i = 0; i < 50; ++i) hooks.trial_done(trial_, {});
    told_after = clock.seconds();
  }
  EXPECT_LT(told_after, 10);
  EXPECT_LT(clock.seconds(), 100);  // 50 times 300 s in vain, and 50 patiences at most
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("are left out"));
}

TEST_F(HooksTest, WithoutCommandsNothingIsStarted) {
  Hooks hooks({});
  hooks.of_study(study_);
  hooks.trial_done(trial_, {});
  hooks.study_ended("done");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

}  // namespace
}  // namespace lorahub::run
