#include "study/single_trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "study/checkout.hpp"

namespace lorahub::study {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// The words of a command line in the small checkout.
class SingleTrial : public StudyTest {
 protected:
  SingleTrial() { fs::current_path(folder_.path()); }
  ~SingleTrial() override { fs::current_path(before_); }
  Trial made(const std::string& search, const std::vector<Setting>& set = {}) const {
    return single_trial({.model = "tiny",
                         .library = "lib",
                         .task = single_task("set/two/t1"),
                         .search = search,
                         .set = set});
  }
  const fs::path before_ = fs::current_path();
};

TEST_F(SingleTrial, IsTheTrialOfAStudyInTheSameWords) {
  const Trial in_a_study = read(head_ + "set: {task: t1, seed: 3, modules: all}\n").trials[0];
  EXPECT_EQ(made("wide", {{"seed", "3"}, {"modules", "all"}}), in_a_study);
  EXPECT_NE(made("wide"), in_a_study);
}

TEST_F(SingleTrial, ReadsTheSearchThatItIsTold) {
  const Trial usual = made(kUsualSearch), official = made("official");
  EXPECT_EQ(usual.composition, Composition::product);
  EXPECT_EQ(usual.modules.count, 0);
  EXPECT_EQ(usual.retrieve.by, RetrieveBy::probe);
  EXPECT_EQ(usual.search.budget, 1560);
  EXPECT_EQ(official.composition, Composition::factor);
  EXPECT_EQ(official.modules.count, 20);
  EXPECT_EQ(official.search.method, SearchMethod::official);
  EXPECT_EQ(official.search.budget, 40);
  folder_.write("mine.yaml", "search.budget: 33\n");
  EXPECT_EQ(made("mine.yaml").search.budget, 33);
  EXPECT_EQ(made("mine.yaml", {{"search.budget", "8"}}).search.budget, 8);
}

TEST_F(SingleTrial, ASearchMayFollowTheGradientButNotTrainSomethingElse) {
  folder_.write("mine.yaml", "method: gradient\ntrain.descent: bfgs\n");
  EXPECT_EQ(made("mine.yaml").method, Method::gradient);
  EXPECT_EQ(made("mine.yaml").train.descent, Descent::bfgs);
  folder_.write("other.yaml", "search.budget: 3\nmethod: full\n");
  EXPECT_THAT([&] { made("other.yaml"); },
              ThrowsMessage<base::Error>(
                  AllOf(HasSubstr("other.yaml:2"), HasSubstr("is full"), HasSubstr("gradient"))));
}

TEST_F(SingleTrial, WithoutASearchFollowsTheGradientWhereThereIsOne) {
  const auto method = [this](const std::vector<Setting>& set) { return made("", set).method; };
  EXPECT_EQ(made(""), made(kGradientSearch));
  EXPECT_EQ(method({{"seed", "4"},
                    {"shots", "3"},
                    {"penalty.kind", "l2"},
                    {"loss", "token_mean"},
                    {"loss.held_out", "0"}}),
            Method::gradient);
  EXPECT_EQ(method({{"search.bound", "1"}, {"composition", "factor"}}), Method::gradient);
  for (const Setting& other : std::vector<Setting>{{"search.budget", "400"},
                                                   {"search.population", "8"},
                                                   {"composition", "linear"},
                                                   {"precision", "delta-bf16"},
                                                   {"loss", "accuracy"}})
    EXPECT_EQ(made("", {other}), made(kUsualSearch, {other})) << other.first;
}

TEST_F(SingleTrial, ATermThatSomebodyAddsHasNoGradient) {
  const TrialWords words{.model = "tiny", .library = "lib", .task = single_task("set/two/t1")};
  TrialWords added = words;
  added.adds_to_losses = true;
  EXPECT_EQ(single_trial(words).method, Method::gradient);
  EXPECT_EQ(single_trial(added).method, Method::lorahub);
}

TEST_F(SingleTrial, ComparesWithModulesAloneOnlyByACompositionThatKeepsThem) {
  EXPECT_EQ(made("wide", {{"composition", "linear"}}).composition, Composition::linear);
  folder_.write("mine.yaml", "composition: ties\n");
  EXPECT_THAT(error_of([&] { made("mine.yaml"); }), HasSubstr("adapt has no composition 'ties'"));
}

TEST_F(SingleTrial, TakesTheLibraryOfTheRank) {
  EXPECT_EQ(made("wide").rank, 16);
  EXPECT_EQ(made("wide", {{"rank", "4"}}).library_path, folder_.path() / "configs/library/lib/r4");
}

TEST_F(SingleTrial, FoldersFilesAndPublishedNamesStayWhatTheyAre) {
  EXPECT_EQ(named_model("google/flan-t5-large").path, "google/flan-t5-large");
  EXPECT_EQ(named_model("./tiny").path, "./tiny");
  EXPECT_EQ(named_library("some/folder").path, "some/folder");
  const SingleTask file = single_task("experiments/own.jsonl");
  EXPECT_FALSE(file.is_piece());
  EXPECT_EQ(file.named.files.pool, "experiments/own.jsonl");
  EXPECT_EQ(file.named.name, "own");
}

TEST_F(SingleTrial, AWordOfTwoMeaningsIsRefused) {
  fs::create_directories("tiny");
  EXPECT_THAT(error_of([] { named_model("tiny"); }), HasSubstr("write ./tiny for the folder"));
  EXPECT_EQ(named_model("./tiny").path, "./tiny");
  fs::current_path(folder_.path() / "configs/model");  // where the piece and its folder lie
  EXPECT_EQ(named_model("tiny").path, folder_.path() / "configs/model/tiny");
}

TEST_F(SingleTrial, ASearchLearnsFromAtLeastOneExample) {
  for (const char* none : {"0", "[]"})
    EXPECT_THAT(error_of([&] { made("wide", {{"shots", none}}); }), HasSubstr("--set shots: "));
  EXPECT_THAT(error_of([&] {
                made("wide", {{"shots", "0"}});
              }),
              HasSubstr("0 is too small, a search learns from at least 1 example"));
  EXPECT_EQ(made("wide", {{"shots", "[0]"}}).shots.rows, std::vector<int>{0});
}

TEST_F(SingleTrial, RefusalsNameTheOption) {
  EXPECT_EQ(error_of([] { single_task("set/two/t3"); }),
            "--task: no task 't3' in the piece set/two (it has: t1, t2), did you mean 't1'?");
  EXPECT_THAT(error_of([&] { made("wode"); }), HasSubstr("did you mean 'wide'"));
  EXPECT_THAT(error_of([&] { made("wide", {{"model", "x"}}); }), HasSubstr("use the options"));
  EXPECT_THAT(error_of([&] {
                made("wide", {{"shots", "1"}, {"shots", "2"}});
              }),
              HasSubstr("set twice"));
}

}  // namespace
}  // namespace lorahub::study
