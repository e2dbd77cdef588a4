#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.hpp"
#include "study/folder.hpp"
#include "study/study.hpp"

namespace lorahub::study {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Trial trial(Method method) {
  Trial t{.model = "mini",
          .model_path = "/models/mini",
          .library = "mini",
          .library_path = "/libraries/mini",
          .task = "E1",
          .task_files = {.pool = "pool.jsonl", .test = "test.jsonl"}};
  t.method = method;
  t.rank = 16;
  return t;
}

std::string column(const Trial& t, const std::string& name) {
  for (const auto& [key, value] : columns(t))
    if (key == name) return value;
  return "no such column";
}

std::vector<std::string> read_by(const Trial& t) {
  std::vector<std::string> names;
  for (const auto& [key, value] : columns(t))
    if (!value.empty()) names.push_back(key);
  return names;
}

// Ids name results on disk: a change here orphans them.
TEST(Identity, IdsAreStable) {
  const std::string text =
      "model=mini\nlibrary=mini\nrank=16\nmodules=20\ntask=E1\nshots=5\nretrieve=none\n"
      "method=lorahub\ncomposition=factor\nloss=official\npenalty.kind=l1_mean\npenalty.weight=0."
      "05\n"
      "search.method=cma\nsearch.population=0\nsearch.runs=1\nsearch.sigma0=0\nsearch.mean0=0.1\n"
      "search.budget=40\nsearch.bound=1.5\nsearch.recommend=best\n"
      "precision=f32\nengine=fast\nscoring=generate\n"
      "seed.modules=1\nseed.shots=1\nseed.search=1\nmax_tokens=256\nbatch=10\n";
  EXPECT_EQ(id(trial(Method::lorahub)), base::sha256(text).substr(0, 16));
  EXPECT_EQ(id(trial(Method::lorahub)), "c696cb042e674281");
  EXPECT_EQ(id(trial(Method::zero_shot)), "5704702b3f41c12d");
}

TEST(Identity, ShuffledLabelsAreAnotherTrialWhereShotsAreRead) {
  const auto shuffled = [](Method method) {
    Trial t = trial(method);
    t.labels = Labels::shuffled;
    return t;
  };
  EXPECT_EQ(column(shuffled(Method::icl), "labels"), "shuffled");
  EXPECT_EQ(column(trial(Method::icl), "labels"), "");
  EXPECT_NE(id(shuffled(Method::lorahub)), id(trial(Method::lorahub)));
  EXPECT_EQ(id(shuffled(Method::uniform)), id(trial(Method::uniform)));
  Trial probed = shuffled(Method::uniform);
  probed.retrieve = {.by = RetrieveBy::probe, .count = 3};
  EXPECT_EQ(column(probed, "labels"), "shuffled");
}

TEST(Identity, TheBoundOfAnInputIsNoPartOfIt) {
  Trial longer = trial(Method::lorahub);
  longer.max_input = 20000;
  EXPECT_EQ(id(longer), id(trial(Method::lorahub)));
  EXPECT_EQ(column(longer, "task.max_input"), "no such column");
}

TEST(Identity, ColumnsAreTheColumnNamesInOrder) {
  const auto all = columns(trial(Method::icl));
  ASSERT_EQ(all.size(), column_names().size());
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].first, column_names()[i]);
}

TEST(Identity, EachMethodReadsItsKnobs) {
  EXPECT_THAT(read_by(trial(Method::zero_shot)),
              UnorderedElementsAre("model", "task", "method", "precision", "engine", "scoring",
                                   "max_tokens", "batch"));
  EXPECT_THAT(read_by(trial(Method::icl)),
              UnorderedElementsAre("model", "task", "method", "precision", "engine", "scoring",
                                   "max_tokens", "batch", "shots", "seed.shots"));
  EXPECT_THAT(read_by(trial(Method::best_single)),
              UnorderedElementsAre("model", "task", "method", "precision", "engine", "scoring",
                                   "max_tokens", "batch", "shots", "seed.shots", "library", "rank",
                                   "modules", "seed.modules", "retrieve", "loss", "composition"));
  EXPECT_THAT(read_by(trial(Method::uniform)),
              UnorderedElementsAre("model", "task", "method", "precision", "engine", "scoring",
                                   "max_tokens", "batch", "library", "rank", "modules",
                                   "seed.modules", "composition", "retrieve"));
  EXPECT_THAT(read_by(trial(Method::retriever)),
              UnorderedElementsAre("model", "task", "method", "precision", "engine", "scoring",
                                   "max_tokens", "batch", "library", "rank", "modules",
                                   "seed.modules", "composition", "retrieve", "input.modules"));
  EXPECT_EQ(column(trial(Method::logo), "input.signal"), "norm");
  std::vector<std::string> all = column_names();
  std::erase_if(all, [](const auto& name) { return name.starts_with("train."); });
  std::erase_if(all, [](const auto& name) { return name.starts_with("composition."); });
  std::erase_if(all, [](const auto& name) { return name.starts_with("input."); });
  std::erase(all, "uniform.weight");
  std::erase(all, "labels");         // given
  std::erase(all, "loss.program");   // none is asked
  std::erase(all, "loss.held_out");  // none is
  std::erase(all, "search.stop");    // the budget alone ends the search
  std::erase(all, "search.time");
  EXPECT_EQ(read_by(trial(Method::lorahub)), all);
  EXPECT_EQ(read_by(trial(Method::random_lora)), all);
  EXPECT_THAT(
      read_by(trial(Method::full)),
      UnorderedElementsAre("model", "task", "method", "precision", "engine", "scoring",
                           "max_tokens", "batch", "shots", "seed.shots", "seed.search", "train.lr",
                           "train.epochs", "train.batch", "train.weight_decay"));
  EXPECT_THAT(read_by(trial(Method::gradient)),
              UnorderedElementsAre("model", "task", "method", "precision", "engine", "scoring",
                                   "max_tokens", "batch", "shots", "seed.shots", "library", "rank",
                                   "modules", "seed.modules", "retrieve", "loss", "composition",
                                   "penalty.kind", "penalty.weight", "search.bound", "train.lr",
                                   "train.epochs", "train.start"));
  Trial bfgs = trial(Method::gradient);
  bfgs.train.descent = Descent::bfgs;
  EXPECT_EQ(column(bfgs, "train.descent"), "bfgs");
  EXPECT_EQ(column(bfgs, "train.lr"), "");
  EXPECT_EQ(column(bfgs, "seed.search"), "");
  Trial smooth = bfgs;
  smooth.train.smoothing = 0.1;
  EXPECT_EQ(column(smooth, "train.smoothing"), "0.1");
  EXPECT_EQ(column(smooth, "train.smoothing_pairs"), "2");
  EXPECT_EQ(column(smooth, "seed.search"), "1") << "the points are drawn by it";
  EXPECT_EQ(column(trial(Method::ia3), "train.rank"), "");
  EXPECT_EQ(column(trial(Method::lora_tuning), "train.rank"), "16");
}

TEST(Identity, OneFileForPoolAndTestMakesShotsCount) {
  for (const auto method : {Method::zero_shot, Method::uniform}) {
    auto two = trial(method);
    auto one = two;
    one.task_files.test = one.task_files.pool;
    EXPECT_EQ(column(two, "shots"), "");
    EXPECT_EQ(column(one, "shots"), "5");
    EXPECT_EQ(column(one, "seed.shots"), "1");
    auto other = one;
    other.seed.shots = 2;
    EXPECT_NE(id(one), id(other));
    other = two;
    other.seed.shots = 2;
    other.shots.count = 9;
    EXPECT_EQ(id(two), id(other));
  }
}

TEST(Identity, NamedModulesAndRowsNeedNoSeed) {
  auto t = trial(Method::lorahub);
  t.modules.names = {"b", "a"};
  t.shots.rows = {42, 41};
  EXPECT_EQ(column(t, "modules"), "[b,a]");
  EXPECT_EQ(column(t, "shots"), "[42,41]");
  EXPECT_EQ(column(t, "seed.modules"), "");
  EXPECT_EQ(column(t, "seed.shots"), "");
  t.modules = {.count = 0, .names = {}};
  EXPECT_EQ(column(t, "modules"), "all");
  EXPECT_EQ(column(t, "seed.modules"), "");
}

TEST(Identity, TheOfficialSearchReadsNoSeedNorStart) {
  auto t = trial(Method::lorahub);
  t.search.method = SearchMethod::official;
  for (const auto* knob : {"seed.search", "search.mean0", "search.sigma0", "search.population",
                           "search.runs", "search.recommend"})
    EXPECT_EQ(column(t, knob), "") << knob;
  EXPECT_EQ(column(t, "search.bound"), "1.5");
  t.method = Method::random_lora;  // the seed also draws its modules' values
  EXPECT_EQ(column(t, "seed.search"), "1");
  EXPECT_EQ(column(t, "search.sigma0"), "");
}

TEST(Identity, APenaltyOfNoneHasNoWeight) {
  auto t = trial(Method::lorahub);
  t.penalty.kind = PenaltyKind::none;
  EXPECT_EQ(column(t, "penalty.weight"), "");
}

TEST(Identity, PathsAreNotPartOfIt) {
  auto t = trial(Method::lorahub);
  const auto before = id(t);
  t.model_path = "/elsewhere";
  EXPECT_EQ(id(t), before);
}

TEST(Identity, Labels) {
  EXPECT_EQ(label(trial(Method::lorahub)), "E1 lorahub seed 1");
  EXPECT_EQ(label(trial(Method::zero_shot)), "E1 zero_shot");
  auto t = trial(Method::lorahub);
  t.seed = {.modules = 1007, .shots = 42, .search = 2};
  EXPECT_EQ(label(t), "E1 lorahub seed 1007/42/2");
}

TEST(Identity, LabelsShowWhatTheStudyVaries) {
  std::vector<Trial> trials(4, trial(Method::lorahub));
  trials[1].shots.count = 20;
  trials[2].search.method = SearchMethod::official;
  trials[3].method = Method::zero_shot;
  tell_apart(trials);
  const std::string shots = std::to_string(trials[0].shots.count);
  EXPECT_THAT(label(trials[0]), testing::StartsWith("E1 lorahub shots=" + shots));
  EXPECT_THAT(label(trials[0]), testing::HasSubstr(" search.method=cma "));
  EXPECT_THAT(label(trials[1]), testing::StartsWith("E1 lorahub shots=20 "));
  EXPECT_THAT(label(trials[2]), testing::HasSubstr(" search.method=official "));
  EXPECT_EQ(label(trials[3]), "E1 zero_shot");
}

std::vector<Trial> some() {
  std::vector<Trial> list = {trial(Method::zero_shot)};
  for (uint64_t s : {1, 2, 3}) {
    list.push_back(trial(Method::lorahub));
    list.back().seed = {.modules = s, .shots = s, .search = s};
  }
  return list;
}

TEST(Only, KeepsTrialsThatHaveTheValues) {
  EXPECT_EQ(only(some(), {}).size(), 4U);
  EXPECT_EQ(only(some(), {{"method", "lorahub"}}).size(), 3U);
  EXPECT_EQ(only(some(), {{"method", "lorahub"}, {"seed.search", "2"}}).size(), 1U);
  const auto third = only(some(), {{"seed", "3"}});
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(third[0].seed.shots, 3U);
  EXPECT_EQ(only(some(), {{"seed", "3"}, {"seed", "1"}}).size(), 2U);
}

TEST(Only, RefusesUnknownKnobsAndAnEmptyRest) {
  EXPECT_THAT(error_of([] {
                only(some(), {{"methode", "icl"}});
              }),
              ::testing::AllOf(::testing::StartsWith("--only methode: unknown knob 'methode' ("),
                               ::testing::EndsWith("did you mean 'method'?")));
  EXPECT_EQ(error_of([] {
              only(some(), {{"task", "E1"}, {"method", "icl"}});
            }),
            "--only method=icl: no trial of the study has it, choose among zero_shot, lorahub");
  EXPECT_EQ(error_of([] {
              only(some(), {{"method", "zero_shot"}, {"seed", "1"}});
            }),
            "--only: no trial of the study fulfils all the conditions together, leave one out");
}

}  // namespace
}  // namespace lorahub::study
