#include "study/knobs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "study/compositions.hpp"
#include "study/experiments.hpp"
#include "study/folder.hpp"
#include "study/study.hpp"

namespace lorahub::study {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::vector<fs::path> shipped() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kExperiments))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// Result files on disk have these columns, in this order.
TEST(Knobs, ColumnsAreThoseOfResultFiles) {
  EXPECT_THAT(
      column_names(),
      ElementsAre("model", "library", "rank", "modules", "task", "shots", "labels", "retrieve",
                  "method", "composition", "composition.density", "composition.rank",
                  "composition.experts", "composition.temperature", "input.modules", "input.signal",
                  "loss", "loss.program", "loss.held_out", "penalty.kind", "penalty.weight",
                  "uniform.weight", "search.method", "search.population", "search.runs",
                  "search.sigma0", "search.mean0", "search.budget", "search.stop", "search.time",
                  "search.bound", "search.recommend", "train.lr", "train.epochs", "train.batch",
                  "train.weight_decay", "train.rank", "train.alpha", "train.dropout", "train.start",
                  "train.descent", "train.smoothing", "train.smoothing_pairs", "precision",
                  "engine", "scoring", "seed.modules", "seed.shots", "seed.search", "max_tokens",
                  "batch"));
}

TEST(Knobs, EveryNameStandsOnceAndIsFound) {
  std::set<std::string_view> names;
  for (const Knob& knob : knobs()) {
    EXPECT_TRUE(names.insert(knob.name).second) << std::string_view(knob.name);
    EXPECT_EQ(find_knob(knob.name), &knob);
  }
  EXPECT_EQ(find_knob("search"), nullptr);
  EXPECT_EQ(find_knob(""), nullptr);
}

TEST(Knobs, NumbersHaveUnitsAndWordsHaveNone) {
  for (const Knob& knob : knobs())
    EXPECT_EQ(knob.unit == "none", holds(knob) == Holds::text) << std::string_view(knob.name);
}

// A knob that no method reads would be a knob without effect.
// Values other than the default, as a study gives them.
std::vector<std::string> others(const Knob& knob) {
  if (const auto* choice = std::get_if<ChoiceKind>(&knob.kind)) return choice->words();
  if (knob.name == "search.time") return {"60s"};
  const bool is_number =
      std::holds_alternative<IntegerKind>(knob.kind) || std::holds_alternative<RealKind>(knob.kind);
  return is_number ? std::vector<std::string>{"1", "0.5"} : std::vector<std::string>{};
}

// Whether some method reads the knob with another value than the default, and not with that.
bool is_read_when_set(const Knob& knob) {
  for (const MethodInfo& method : kMethods)
    for (const std::string& value : others(knob)) {
      Trial trial{.method = method.method};
      if (knob.read_by(trial)) continue;
      try {
        study::apply({{std::string(knob.name), value}}, trial);
      } catch (const base::Error&) {
        continue;  // 0.5 is no whole number, 1 no rate
      }
      if (knob.read_by(trial)) return true;
    }
  return false;
}

// A report tells conditions apart by them: "" stands for the default.
TEST(Knobs, TheRowSaysWhetherADefaultIsUnread) {
  for (const Knob& knob : knobs())
    EXPECT_EQ(is_read_when_set(knob), knob.unread_at_default) << std::string_view(knob.name);
}

TEST(Knobs, TimesAreReadInTheirUnitsAndWrittenInSeconds) {
  const Knob& knob = *find_knob("search.time");
  const auto time = [&](const std::string& text) {
    Trial trial;
    study::apply({{"search.time", text}}, trial);
    return trial;
  };
  EXPECT_EQ(time("60s").search.time, 60);
  EXPECT_EQ(time("1.5 min").search.time, 90);
  EXPECT_EQ(time("2h").search.time, 7200);
  EXPECT_EQ(time("none").search.time, 0);
  EXPECT_EQ(write(knob, time("5min")), "300s");
  EXPECT_EQ(write(knob, {}), "none");
}

TEST(Knobs, SomeTrialReadsEveryKnob) {
  std::set<std::string_view> read;
  for (const MethodInfo& method : kMethods) {
    Trial trial{.task_files = {.pool = "pool", .test = "test"}, .method = method.method};
    trial.labels = Labels::shuffled;
    trial.loss = LossKind::ask;
    trial.held_out = 1;
    trial.train.descent = Descent::bfgs;
    trial.train.smoothing = 0.1;
    trial.uniform_weight = 1;
    trial.search.stop = 1e-3;
    trial.search.time = 60;
    for (const CompositionInfo& row : kCompositions) {
      trial.composition = row.composition;
      for (const LossKind loss : {LossKind::ask, LossKind::official}) {
        trial.loss = loss;
        for (const Knob& knob : knobs())
          if (knob.read_by(trial)) read.insert(knob.name);
      }
    }
  }
  EXPECT_EQ(read.size(), knobs().size());
}

TEST(Knobs, WhatNoLossDependsOn) {
  const auto names = [](const Trial& trial) {
    std::set<std::string> all;
    for (const Knob& knob : knobs())
      if (!knob.changes_loss(trial)) all.emplace(knob.name);
    return all;
  };
  EXPECT_THAT(names({}), UnorderedElementsAre("task.max_input", "loss.patience", "search.budget",
                                              "search.stop", "search.recommend", "scoring",
                                              "max_tokens", "batch"));
  // The shots are answered as the test rows are.
  for (const LossKind kind : {LossKind::accuracy, LossKind::similarity})
    EXPECT_THAT(names({.loss = kind}),
                UnorderedElementsAre("task.max_input", "loss.patience", "search.budget",
                                     "search.stop", "search.recommend", "batch"));
}

Trial some(const std::vector<Setting>& list) {
  Trial trial{.model = "m", .library = "l", .task = "t"};
  study::apply(list, trial);
  return trial;
}

TEST(LossIdentity, IsEqualWhereLossesAre) {
  const std::string usual = loss_identity(some({}));
  for (const Setting& same : std::vector<Setting>{{"search.budget", "400"},
                                                  {"search.recommend", "mean"},
                                                  {"scoring", "options"},
                                                  {"max_tokens", "3"},
                                                  {"batch", "3"},
                                                  {"task.max_input", "9"},
                                                  {"train.lr", "1"}})  // lorahub trains nothing
    EXPECT_EQ(loss_identity(some({same})), usual) << same.first;
  for (const Setting& other : std::vector<Setting>{{"seed.search", "2"},
                                                   {"search.bound", "2"},
                                                   {"penalty.weight", "1"},
                                                   {"precision", "bf16"},
                                                   {"shots", "[1]"},
                                                   {"method", "random_lora"}})
    EXPECT_NE(loss_identity(some({other})), usual) << other.first;
}

// The trial that the settings of another one make.
Trial made(const Trial& trial) {
  Trial again{.model_path = trial.model_path,
              .library_path = trial.library_path,
              .task_files = trial.task_files};
  again.varied = trial.varied;
  study::apply(settings(trial), again);
  return again;
}

TEST(Settings, ADefaultTrialHasNone) { EXPECT_THAT(settings(Trial{}), ElementsAre()); }

TEST(Settings, AreTheKnobsThatDiffer) {
  Trial trial;
  trial.search.sigma0 = 0.125;
  trial.modules.names = {"a", "b: c"};
  trial.seed = {.modules = 3, .shots = 3, .search = 3};
  trial.max_input = 9;
  EXPECT_THAT(settings(trial),
              ElementsAre(Pair("modules", "[a,\"b: c\"]"), Pair("task.max_input", "9"),
                          Pair("search.sigma0", "0.125"), Pair("seed", "3")));
  trial.seed.shots = 4;
  EXPECT_THAT(settings(trial), ::testing::Contains(Pair("seed.shots", "4")));
}

TEST(Settings, MakeEveryShippedTrialAgain) {
  size_t trials = 0;
  for (const auto& file : shipped()) {
    std::set<std::string> labels;
    for (const Trial& trial : load(file).trials) {
      ASSERT_TRUE(made(trial) == trial) << file << " " << label(trial);
      EXPECT_TRUE(labels.insert(label(trial)).second) << file << " " << label(trial);
      ++trials;
    }
  }
  EXPECT_GT(trials, 20'000U);
}

// Trials of random knobs, each within what its row allows.
class Random {
 public:
  explicit Random(uint64_t seed) : numbers_(seed) {}

  Trial trial() {
    Trial trial;
    for (const Knob& knob : knobs())
      if (numbers_() % 4 != 0) std::visit([&](const auto& kind) { set(kind, trial); }, knob.kind);
    trial.modules = modules();
    trial.shots = shots();
    if (numbers_() % 2 == 0)
      trial.retrieve = {.by = static_cast<RetrieveBy>(1 + numbers_() % 5), .count = below(1, 9)};
    if (numbers_() % 2 == 0) trial.search.time = below(1, kMostOfMany) / 7.0;
    if (numbers_() % 4 == 0) trial.seed = {.modules = 7, .shots = 7, .search = 7};
    return trial;
  }

 private:
  void set(const WordKind& kind, Trial& trial) { kind.field(trial) = word(); }
  void set(const IntegerKind& kind, Trial& trial) {
    kind.field(trial) = below(kind.limits.least, kind.limits.most);
  }
  void set(const RealKind& kind, Trial& trial) {
    double x = std::bit_cast<double>(numbers_());
    while (!(std::abs(x) <= std::numeric_limits<float>::max()) || x == 0)
      x = std::bit_cast<double>(numbers_());
    if (kind.range != Range::any) x = std::abs(x);
    if (kind.range == Range::rate) x = x / (x + 1) < 1 ? x / (x + 1) : 0.5;
    if (kind.range == Range::fraction) x = x < 1 ? x : 1 / x > 0 ? 1 / x : 0.5;
    kind.field(trial) = x;
  }
  void set(const SeedKind& kind, Trial& trial) { kind.field(trial) = numbers_(); }
  void set(const ChoiceKind& kind, Trial& trial) {
    kind.set(trial, numbers_() % kind.words().size());
  }
  void set(const PhraseKind&, Trial&) {}  // below

  ModulesDraw modules() {
    if (numbers_() % 2 == 0) return {.count = below(0, kMostOfMany)};
    std::set<std::string> names;
    for (int n = below(1, 5); n > 0; --n) names.insert(word());
    return {.names = {names.begin(), names.end()}};
  }

  ShotsDraw shots() {
    if (numbers_() % 2 == 0) return {.count = below(0, kMostOfMany)};
    std::set<int> rows;
    for (int n = below(1, 5); n > 0; --n) rows.insert(below(0, 1000));
    return {.count = static_cast<int>(rows.size()), .rows = {rows.begin(), rows.end()}};
  }

  // Of signs that mean something in YAML, too.
  std::string word() {
    static const std::vector<std::string> parts{
        "a", "Z9", "_",  "-", ".",  "/", " ",  ": ", "#",   "[",   "]",    ",", "{",
        "}", "\"", "'",  "!", "&",  "*", "%",  "@",  "|",   "\\",  "null", "~", "---",
        "0", "\t", "\n", "é", "日", "?", "\r", ">",  "...", "yes", "<<",   "=", "\x7f"};
    std::string text;
    for (int n = below(1, 6); n > 0; --n) text += parts[numbers_() % parts.size()];
    return text;
  }

  int below(int least, int most) {
    return least + static_cast<int>(numbers_() % (static_cast<uint64_t>(most - least) + 1));
  }

  std::mt19937_64 numbers_;
};

TEST(Settings, MakeRandomTrialsAgain) {
  Random random(20260101);
  std::set<std::string> ids;
  for (int i = 0; i < 2000; ++i) {
    const Trial trial = random.trial();
    const Trial again = made(trial);
    for (const Knob& knob : knobs())
      ASSERT_EQ(write(knob, again), write(knob, trial)) << std::string_view(knob.name);
    ASSERT_TRUE(again == trial) << id(trial);
    ids.insert(id(trial));
  }
  EXPECT_GT(ids.size(), 1900U);  // they are different trials
}

// The columns are the same; what no column says is taken from the trial.
void expect_same_columns(const Trial& trial) {
  const auto written = columns(trial);
  Trial again = trial_of({written.begin(), written.end()});
  again.task_files = trial.task_files;
  ASSERT_EQ(columns(again), written) << label(trial);
}

TEST(TrialOf, IsTheInverseOfTheColumnsOfEveryShippedTrial) {
  for (const auto& file : shipped())
    for (const Trial& trial : load(file).trials) expect_same_columns(trial);
}

TEST(TrialOf, IsTheInverseOfTheColumnsOfRandomTrials) {
  Random random(20260102);
  const auto has_comma = [](const std::string& name) {
    return name.find(',') != std::string::npos;
  };
  for (int i = 0; i < 2000; ++i) {
    const Trial trial = random.trial();
    if (std::ranges::none_of(trial.modules.names, has_comma)) expect_same_columns(trial);
  }
}

TEST(TrialOf, ReadsWordsThatAreNoYamlAndLists) {
  const Trial trial = trial_of({{"search.budget", "7"},
                                {"task", "a: [b"},
                                {"modules", "[x: y,#z]"},
                                {"shots", "[3,0]"},
                                {"seed.search", "18446744073709551615"},
                                {"rank", ""}});
  EXPECT_EQ(trial.search.budget, 7);
  EXPECT_EQ(trial.task, "a: [b");
  EXPECT_THAT(trial.modules.names, ElementsAre("x: y", "#z"));
  EXPECT_THAT(trial.shots.rows, ElementsAre(3, 0));
  EXPECT_EQ(trial.seed.search, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(trial.rank, Trial{}.rank);
}

// A study may not say 0 there, and a column says it of a default.
TEST(TrialOf, TakesTheNumberOfADefault) {
  EXPECT_EQ(trial_of({{"search.sigma0", "0"}, {"search.population", "0"}}), Trial{});
}

TEST(TrialOf, PassesOverAKnobOfANewerProgram) {
  EXPECT_EQ(trial_of({{"search.buget", "1"}}), Trial{});
}

TEST(TrialOf, RefusesAValueThatNoStudyHas) {
  EXPECT_EQ(error_of([] {
              trial_of({{"search.budget", "x"}});
            }),
            "column search.budget: 'x' is not a whole number");
  EXPECT_THAT(error_of([] {
                trial_of({{"search.method", "cmo"}});
              }),
              HasSubstr("did you mean 'cma'"));
}

// Journals and result files name trials by their ids: a change here orphans them. Each line has a
// study, its number of trials, and the SHA-256 of their ids, one a line.
TEST(Shipped, IdsAreThoseOfTheirJournals) {
  std::string found;
  for (const auto& file : shipped()) {
    const Study study = load(file);
    std::string ids;
    for (const Trial& trial : study.trials) ids += id(trial) + "\n";
    found += base::format("{} {} {}\n", study.name, study.trials.size(), base::sha256(ids));
  }
  EXPECT_EQ(found, base::read_file(fs::path(SOURCE_DIR) / "tests/study/shipped_ids.txt"));
}

}  // namespace
}  // namespace lorahub::study
