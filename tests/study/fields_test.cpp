#include "study/fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/folder.hpp"

namespace lorahub::study {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// A trial read from one YAML mapping, as `set` would.
Trial read(const std::string& yaml) {
  Values values;
  const Value root{.node = YAML::Load(yaml), .file = "s.yaml", .line = 1, .folder = "/"};
  for (const auto& entry : knob_entries(entries(root))) values.emplace(entry.key, entry.value);
  Trial trial;
  assign(values, trial);
  return trial;
}

std::string refusal(const std::string& yaml) {
  return error_of([&] { read(yaml); });
}

TEST(Fields, EveryKnobReachesItsField) {
  const auto t = read(R"(
model: m
library: l
rank: 8
modules: 7
task: t
shots: 3
retrieve: none
method: uniform
composition: product
loss: token_mean
penalty.kind: l2
penalty.weight: 0.25
search.method: random
search.population: 12
search.runs: 3
search.sigma0: 0.125
search.mean0: -0.5
search.budget: 99
search.bound: 2
search.recommend: mean
precision: bf16
engine: reference
scoring: options
seed.modules: 11
seed.shots: 12
seed.search: 18446744073709551615
max_tokens: 16
batch: 3
)");
  EXPECT_EQ(t.model, "m");
  EXPECT_EQ(t.library, "l");
  EXPECT_EQ(t.rank, 8);
  EXPECT_EQ(t.modules.count, 7);
  EXPECT_EQ(t.task, "t");
  EXPECT_EQ(t.shots.count, 3);
  EXPECT_EQ(t.method, Method::uniform);
  EXPECT_EQ(t.composition, Composition::product);
  EXPECT_EQ(t.loss, LossKind::token_mean);
  EXPECT_EQ(t.penalty.kind, PenaltyKind::l2);
  EXPECT_EQ(t.penalty.weight, 0.25);
  EXPECT_EQ(t.search.method, SearchMethod::random);
  EXPECT_EQ(t.search.population, 12);
  EXPECT_EQ(t.search.runs, 3);
  EXPECT_EQ(t.search.sigma0, 0.125);
  EXPECT_EQ(t.search.mean0, -0.5);
  EXPECT_EQ(t.search.budget, 99);
  EXPECT_EQ(t.search.bound, 2.0);
  EXPECT_EQ(t.search.recommend, Recommend::mean);
  EXPECT_EQ(t.precision, Precision::bf16);
  EXPECT_EQ(t.engine, Engine::reference);
  EXPECT_EQ(t.scoring, Scoring::options);
  EXPECT_EQ(t.seed.modules, 11U);
  EXPECT_EQ(t.seed.shots, 12U);
  EXPECT_EQ(t.seed.search, 18446744073709551615ULL);
  EXPECT_EQ(t.max_tokens, 16);
  EXPECT_EQ(t.batch, 3);
}

// What a knob writes, it reads again: columns are a faithful record.
TEST(Fields, WrittenTextReadsBack) {
  const auto t = read(
      "{penalty.weight: 0.1, search.sigma0: 1e-5, search.bound: 1.5, shots: [9, 2], modules: [x, "
      "y], loss.program: python3 my_loss.py}");
  for (const auto& knob : knobs()) {
    if (knob.name == "model" || knob.name == "library" || knob.name == "task") continue;
    const auto text = write(knob, t);
    Trial back;
    read(knob, {.node = YAML::Load(text), .file = "s.yaml", .line = 1, .folder = "/"}, back);
    EXPECT_EQ(write(knob, back), text) << std::string_view(knob.name);
  }
}

TEST(Fields, CountsAndLists) {
  EXPECT_THAT(read("modules: [b, a]").modules.names, ElementsAre("b", "a"));
  EXPECT_EQ(read("modules: all").modules.count, 0);
  EXPECT_THAT(read("shots: [42, 0]").shots.rows, ElementsAre(42, 0));
  EXPECT_THAT(read("shots: [42, 0]").shots.count, 2);
}

TEST(Fields, SeedDrivesAllAndTheSpecificWins) {
  const auto t = read("{seed.shots: 42, seed: 3}");
  EXPECT_EQ(t.seed.modules, 3U);
  EXPECT_EQ(t.seed.shots, 42U);
  EXPECT_EQ(t.seed.search, 3U);
}

TEST(Fields, GroupsMayBeNested) {
  const auto both = read("{task: t, task.max_input: 300}");
  EXPECT_EQ(both.task, "t");
  EXPECT_EQ(both.max_input, 300);
  const auto t = read("search: {budget: 7, method: official}");
  EXPECT_EQ(t.search.budget, 7);
  EXPECT_EQ(t.search.method, SearchMethod::official);
}

TEST(Fields, UnknownKnobNamesTheNearest) {
  const auto message = refusal("shots: 5\nserch.budget: 40\n");
  EXPECT_THAT(message, StartsWith("s.yaml:2: unknown knob 'serch.budget' ("));
  EXPECT_THAT(message, ::testing::EndsWith("), did you mean 'search.budget'?"));
  EXPECT_THAT(refusal("search: {buget: 1}"), ::testing::HasSubstr("did you mean 'search.budget'?"));
}

TEST(Fields, AKnobWithoutItsGroupIsUnderstood) {
  for (const auto& [word, knob] : std::map<std::string, std::string>{{"budget", "search.budget"},
                                                                     {"search", "search.method"},
                                                                     {"sigma", "search.sigma0"},
                                                                     {"lr", "train.lr"},
                                                                     {"weight", "penalty.weight"},
                                                                     {"modles", "modules"}})
    EXPECT_EQ(unknown_knob(word),
              base::format("unknown knob '{}' (lorahub knobs lists them), did you mean '{}'?", word,
                           knob));
  EXPECT_EQ(unknown_knob("zebra"),
            "unknown knob 'zebra' (lorahub knobs lists them)");  // none is near
}

TEST(Fields, AnchorsAreReadWhereTheyStandAgain) {
  const auto values = read("batch: &n 7\nmax_tokens: *n\n");
  EXPECT_EQ(values.batch, 7);
  EXPECT_EQ(values.max_tokens, 7);
}

TEST(Fields, WrongValuesAreRefusedWithTheirLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"shots: -1", "shots -1 is too small, it must be at least 0"},
      {"shots: five", "shots 'five' is not a count of shots or a list of rows of the pool"},
      {"shots: [1, 1]", "row 1 is listed twice, keep one"},
      {"shots: [1, -2]", "shots -2 is too small, it must be at least 0"},
      {"shots: [a]", "shots 'a' is not a whole number"},
      {"shots: 5.0", "shots '5.0' is not a count of shots or a list of rows of the pool"},
      {"shots: []", "the list is empty, name at least one value"},
      {"shots: {a: 1}", "expected one value, not a mapping"},
      {"shots:", "expected one value, not nothing"},
      {"modules: 0", "modules 0 is too small, take at least 1 module or `all`"},
      {"modules: [a, b, a]", "module 'a' is listed twice, keep one"},
      {"modules: some",
       "modules 'some' is not a count of modules, `all`, or a list of their names"},
      {"search.budget: 0", "search.budget 0 is too small, it must be at least 1"},
      {"search.budget: 1e3", "search.budget '1e3' is not a whole number"},
      {"search.budget: 2147483647",
       "search.budget 2147483647 is too large, it must be at most 1000000"},
      {"search.budget: 99999999999",
       "search.budget 99999999999 is too large, it must be at most 1000000"},
      {"search.population: 2147483647",
       "search.population 2147483647 is too large, it must be at most 100000"},
      {"search.runs: 1001", "search.runs 1001 is too large, it must be at most 1000"},
      {"modules: 3000000000", "modules 3000000000 is too large, it must be at most 100000"},
      {"shots: 2147483647", "shots 2147483647 is too large, it must be at most 100000"},
      {"max_tokens: 100001", "max_tokens 100001 is too large, it must be at most 100000"},
      {"batch: 2147483647", "batch 2147483647 is too large, it must be at most 100000"},
      {"rank: 5000", "rank 5000 is too large, it must be at most 4096"},
      {"train.rank: 5000", "train.rank 5000 is too large, it must be at most 4096"},
      {"train.batch: 2147483647", "train.batch 2147483647 is too large, it must be at most 100000"},
      {"train.epochs: 2147483647",
       "train.epochs 2147483647 is too large, it must be at most 100000"},
      {"task: {max_input: 0}", "task.max_input 0 is too small, it must be at least 1"},
      {"task.max_input: 2000000",
       "task.max_input 2000000 is too large, it must be at most 1000000"},
      {"search.budget: [1, 2]",
       "expected one value, not a list (lists of values belong under vary)"},
      {"search.sigma0: -0.5", "search.sigma0 -0.5 is too small, it must be at least 0"},
      {"search.sigma0: .nan", "search.sigma0 '.nan' is not a number"},
      {"search.sigma0: nan", "search.sigma0 'nan' is not a finite number"},
      {"search.bound: 1e39",
       "search.bound 1e39 is beyond the numbers of f32, which models compute in"},
      {"search.bound: 0", "search.bound 0 is too small, it must be above 0"},
      {"search.bound: inf", "search.bound 'inf' is not a finite number"},
      {"search.population: -3", "search.population -3 is too small, it must be at least 0"},
      {"penalty.weight: -1", "penalty.weight -1 is too small, it must be at least 0"},
      {"seed: -1", "seed '-1' is not a seed, it must be a whole number of at least 0"},
      {"seed.search: 1.5",
       "seed.search '1.5' is not a seed, it must be a whole number of at least 0"},
      {"rank: -4", "rank -4 is too small, it must be at least 0"},
      {"batch: 0", "batch 0 is too small, it must be at least 1"},
      {"max_tokens: 0", "max_tokens 0 is too small, it must be at least 1"},
      {"composition: faktor",
       "unknown composition 'faktor' (known: factor, product, linear, magnitude_prune, ties, "
       "dare_linear, dare_ties, svd, arrow), did you mean 'factor'?"},
      {"retrieve: similar 3",
       "unknown retrieve 'similar' (known: none, probe, similarity, text, norm, slope), did you "
       "mean "
       "'similarity'?"},
      {"retrieve: probe",
       "retrieve 'probe' does not say how many modules are kept, write none or for example probe "
       "5"},
      {"retrieve: probe 0",
       "retrieve 'probe 0' does not say how many modules are kept, write none or for example probe "
       "5"},
      {"retrieve: none 3",
       "retrieve 'none 3' does not say how many modules are kept, write none or for example probe "
       "5"},
      {"search.time: 60",
       "search.time '60' is not a time, write none or for example 60s, 5min or 1h"},
      {"search.time: 0s",
       "search.time '0s' is not a time, write none or for example 60s, 5min or 1h"},
      {"search.time: 5 days",
       "search.time '5 days' is not a time, write none or for example 60s, 5min or 1h"},
      {"search.time: infs",
       "search.time 'infs' is not a time, write none or for example 60s, 5min or 1h"},
      {"batch: 3\nbatch: 4", "'batch' is given twice (the first time on line 1), keep one of them"},
      {"search.budget: 3\nsearch: {budget: 3}",
       "'search.budget' is given twice (the first time on line 1), keep one of them"},
      {"search.budget: ~", "expected one value, not nothing"},
      {"search.budget: 010", "'010' begins with a zero (is it octal?), write it without"},
      {"search.sigma0: -00.5", "'-00.5' begins with a zero (is it octal?), write it without"},
      {"search.budget: 0x10", "search.budget '0x10' is not a whole number"},
      {"search.budget: 1_000", "search.budget '1_000' is not a whole number"},
      {"search.budget: yes", "search.budget 'yes' is not a whole number"},
      {"search.budget: 1:30", "search.budget '1:30' is not a whole number"},
      {"search.budget: !!int 5",
       "the tag 'tag:yaml.org,2002:int' is not read (values are told by their key), drop it"},
      {"modules: !mine [a]", "the tag '!mine' is not read (values are told by their key), drop it"},
      {"&all batch: 3\n<<: *all",
       "merge keys (<<) are not read (what would they bring?), write the keys out"},
  };
  for (const auto& [yaml, message] : cases) {
    const std::string line = yaml.find('\n') == std::string::npos ? "1" : "2";
    EXPECT_EQ(refusal(yaml), "s.yaml:" + line + ": " + message) << yaml;
  }
  EXPECT_THAT(refusal("method: lorahubb"), ::testing::EndsWith("did you mean 'lorahub'?"));
}

TEST(Fields, AutoIsTheDefaultOfANumberOrAChoice) {
  const Trial made;
  Trial t = read("{search.sigma0: auto, search.budget: auto, composition: auto, train.lr: auto}");
  EXPECT_TRUE(t == made);
  t = read("search: {sigma0: auto, budget: 7}");
  EXPECT_EQ(t.search.sigma0, 0);
  EXPECT_EQ(t.search.budget, 7);
  EXPECT_EQ(read("search.sigma0: 0").search.sigma0, 0) << "0: the default";
  EXPECT_EQ(read("task: auto").task, "auto") << "a name";
  EXPECT_THAT(refusal("seed: auto"), testing::HasSubstr("'auto' is not a seed"));
}

TEST(Fields, ZeroPopulationIsTheDefault) {
  EXPECT_EQ(read("search.population: 0").search.population, 0);
}

}  // namespace
}  // namespace lorahub::study
