#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kShippedConfigs = SOURCE_DIR "/configs";
const std::string kMini = " --model mini --library mini";

class Adapt : public testing::Test {
 protected:
  Ended lorahub(const std::string& words) const {
    return run_command("cd " + quoted(folder_) +
                       "; export XDG_CACHE_HOME=" + quoted(folder_ / "cache") +
                       " LORAHUB_CONFIGS=" + kShippedConfigs + "; " PROGRAM " " + words);
  }
  json parsed(const std::string& words) const {
    const Ended ended = lorahub(words);
    EXPECT_EQ(ended.code, 0) << words << ended.err;
    return json::parse(ended.out);
  }
  std::string adapter(const std::string& out) const {
    return read_all(folder_ / out / "adapter_model.safetensors");
  }
  fs::path folder_ = fresh_folder("adapt");
};

// The defaults, on a task that neither the base nor any single module answers. The accuracies that
// it says are those that infer counts.
TEST_F(Adapt, TheDefaultsAnswerATaskThatNoModuleAloneDoes) {
  const std::string task = " --task mini/unseen/E7_swap_brack";
  const json found = parsed("adapt" + kMini + task + " --json --out out");
  const json& compared = found["compared"];
  ASSERT_EQ(compared.size(), 3U);
  EXPECT_EQ(found["answer"], "mixture");
  EXPECT_GE(compared[2]["test"]["accuracy"].get<double>(), 90);
  EXPECT_LT(compared[1]["test"]["accuracy"].get<double>(), 90);
  EXPECT_EQ(compared[2]["test"]["rows"], 200);
  EXPECT_LT(compared[0]["p"].get<double>(), 1e-6);
  EXPECT_EQ(compared[2]["loss"], found["loss"]);
  EXPECT_GT(found["objective"].get<double>(), found["loss"].get<double>());  // with the penalty
  const json by_infer = parsed("infer --model mini --adapter out --max-tokens 16 --json" + task);
  EXPECT_EQ(compared[2]["test"]["accuracy"], by_infer["accuracy"]);
  const json config = json::parse(read_all(folder_ / "out/adapter_config.json"));
  EXPECT_EQ(config["base_model_name_or_path"],
            fs::canonical(kShippedConfigs + "/model/mini").string());
  EXPECT_THAT(read_all(folder_ / "out/README.md"),
              AllOf(HasSubstr("p against it"), Not(HasSubstr("that were tried"))));
}

// One evaluation of CMA-ES finds next to nothing, and many modules alone are better than that.
TEST_F(Adapt, AMixtureThatIsWorseThanAModuleAloneGivesWayToIt) {
  const std::string how =
      "adapt" + kMini + " --task mini/unseen/E1_isa_letter --search cma --budget 1 --quick";
  const std::string compared = how.substr(0, how.size() - 8) + " --out ";
  const Ended ended = lorahub(compared + "fell");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("worse on the examples than a module alone"));
  EXPECT_THAT(ended.out, HasSubstr("the best of the 20 that were tried; the library has 40."));
  const json fell = parsed(compared + "fell --json");
  EXPECT_THAT(fell["answer"].get<std::string>(), HasSubstr("best single module"));
  const auto& single = fell["single_loss"];
  EXPECT_EQ(fell["loss"], *std::min_element(single.begin(), single.end()));
  EXPECT_LT(fell["loss"].get<double>(), fell["compared"][2]["loss"].get<double>());
  double sum = 0;
  for (const json& weight : fell["weights"]) sum += weight.get<double>();
  EXPECT_EQ(sum, 1);
  const json kept = parsed(compared + "kept --json --no-fallback");
  EXPECT_EQ(kept["answer"], "mixture");
  EXPECT_EQ(kept["compared"][2]["loss"], fell["compared"][2]["loss"]);
  EXPECT_NE(adapter("kept"), adapter("fell"));
}

TEST_F(Adapt, RowsOfTheirOwnAreNamedByTest) {
  run_command("tail -n 7 " + kShippedConfigs + "/tasks/mini/unseen/E1_isa_letter/test.jsonl > " +
              quoted(folder_ / "rows.jsonl"));
  const std::string how = "adapt" + kMini + " --task " + kShippedConfigs +
                          "/tasks/mini/unseen/E1_isa_letter/pool.jsonl --budget 40 --json --out ";
  EXPECT_TRUE(parsed(how + "without")["compared"][0]["test"].is_null());
  const json with = parsed(how + "with --test rows.jsonl");
  EXPECT_EQ(with["compared"][0]["test"]["rows"], 7);
  EXPECT_EQ(adapter("with"), adapter("without"));
  EXPECT_EQ(lorahub(how + "none --test absent.jsonl").code, 2);
  const json rest = parsed("adapt" + kMini +
                           " --task rows.jsonl --test rows.jsonl --shots 3 --budget 40 "
                           "--json --out rest");  // of one file, the rows that are no examples
  EXPECT_EQ(rest["compared"][0]["test"]["rows"], 4);
  EXPECT_THAT(
      lorahub("adapt" + kMini + " --task rows.jsonl --test rows.jsonl --shots all --out x").err,
      HasSubstr("none would be left to test on"));
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

// Killed when 8 lines of its journal are on the disk.
TEST_F(Adapt, AKilledSearchGoesOnToTheSameBits) {
  const std::string how = "adapt" + kMini +
                          " --task mini/unseen/E1_isa_letter --modules find_letter,max_letter "
                          "--budget 2400 --quick --out ";
  ASSERT_EQ(lorahub(how + "whole").code, 0);
  const Ended killed = lorahub(how +
                               "cut & p=$!; until [ $(cat cut/search-*.ndj 2>/dev/null | wc -l) "
                               "-gt 8 ]; do sleep 0.02; done; kill -9 $p; wait $p");
  EXPECT_EQ(killed.code, 137);
  EXPECT_THAT(read_all(folder_ / "cut/README.md"), HasSubstr("not finished"));
  EXPECT_FALSE(fs::exists(folder_ / "cut/adapter_model.safetensors"));
  ASSERT_EQ(lorahub(how + "cut").code, 0);
  EXPECT_EQ(adapter("cut"), adapter("whole"));
  for (const auto& entry : fs::directory_iterator(folder_ / "cut"))
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("search-")));
}

// The folder keeps what was adapted with other settings; a search that is not finished is nobody's.
TEST_F(Adapt, OtherSettingsOrExamplesReplaceNothingWithoutForce) {
  const std::string how =
      "adapt" + kMini + " --modules find_letter,max_letter --budget 2 --quick --out out --task ";
  ASSERT_EQ(lorahub(how + "mini/unseen/E1_isa_letter").code, 0);
  const std::string card = read_all(folder_ / "out/README.md"), first = adapter("out");
  for (const char* other : {"mini/unseen/E1_isa_letter --seed 2", "mini/unseen/E2_odd_letter",
                            "mini/unseen/E1_isa_letter --rank 8",
                            "mini/unseen/E1_isa_letter "
                            "--set loss=token_mean"}) {
    const Ended ended = lorahub(how + other);
    EXPECT_EQ(ended.code, 2) << other;
    EXPECT_THAT(ended.err, HasSubstr("holds a composition of other inputs or settings")) << other;
    EXPECT_EQ(read_all(folder_ / "out/README.md"), card) << other;
    EXPECT_EQ(adapter("out"), first) << other;
  }
  const Ended same = lorahub(how + "mini/unseen/E1_isa_letter");
  EXPECT_EQ(same.code, 0);
  EXPECT_THAT(same.err, HasSubstr("note: out holds this very adaptation already"));
  EXPECT_EQ(adapter("out"), first);
  EXPECT_EQ(lorahub(how + "mini/unseen/E2_odd_letter --force").code, 0);
  EXPECT_NE(read_all(folder_ / "out/README.md"), card);
}

// Elsewhere than on a terminal the first line comes at once.
TEST_F(Adapt, SaysHowFarItIsUnlessItIsQuiet) {
  const std::string how = "adapt" + kMini +
                          " --task mini/unseen/E1_isa_letter --modules find_letter,max_letter "
                          "--search random --budget 40 --quick --out ";
  EXPECT_THAT(lorahub(how + "loud").err,
              ::testing::ContainsRegex(" 25% 10 of 40 evaluations, best loss with penalty [0-9]"));
  EXPECT_THAT(lorahub(how + "again").err,
              AllOf(HasSubstr("  0% reading the model and the modules\n  0% searching\n"),
                    Not(HasSubstr("alone"))));
  EXPECT_THAT(lorahub("adapt" + kMini +
                      " --task mini/unseen/E1_isa_letter --modules find_letter,max_letter "
                      "--search random --budget 1 --out all")
                  .err,
              HasSubstr("modules\n  0% trying 2 modules alone\n  0% searching\n"));
  EXPECT_EQ(lorahub(how + "quiet --quiet").err, "");
  EXPECT_EQ(adapter("loud"), adapter("quiet"));
}

// Of the loss of five shots, each of five runs leaves out another one.
TEST_F(Adapt, ShotsMayBeHeldOutOfTheRunsOfItsSearch) {
  const std::string how = "adapt" + kMini +
                          " --task mini/unseen/E1_isa_letter --modules find_letter,max_letter "
                          "--budget 50 --quick --no-fallback --json --set search.runs=5 --out ";
  const json all = parsed(how + "all"), held = parsed(how + "held --set loss.held_out=1");
  EXPECT_NE(held["weights"], all["weights"]);
  EXPECT_EQ(held["zero_loss"], all["zero_loss"]);  // of all shots
  const Ended refused = lorahub(how + "no --set loss.held_out=2 --shots 3");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("set search.runs to 3 or a multiple"));
}

TEST_F(Adapt, ASearchFileOfOnesOwnIsRead) {
  std::ofstream(folder_ / "mine.yaml") << "search.method: random\nsearch.budget: 7\nmodules: 3\n";
  const json found = parsed("adapt" + kMini +
                            " --task mini/unseen/E1_isa_letter --search mine.yaml --quick "
                            "--json --out out");
  EXPECT_EQ(found["evaluations"], 7);
  EXPECT_EQ(found["modules"].size(), 3U);
  const Ended unknown =
      lorahub("adapt" + kMini + " --task mini/unseen/E1_isa_letter --search offical --out x");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'official'"));
}

TEST_F(Adapt, FollowsTheGradientUnlessItIsToldOtherwise) {
  const std::string words = "adapt" + kMini + " --task mini/unseen/E6_desc_comma";
  const json found = parsed(words + " --quick --json --out out");
  EXPECT_EQ(found["evaluations"], 33);
  EXPECT_EQ(found["modules"].size(), 40U);
  EXPECT_LT(found["loss"], found["zero_loss"].get<double>() / 10) << found;
  EXPECT_THAT(read_all(folder_ / "out/README.md"),
              HasSubstr("33 steps of search `gradient (bfgs)`"));
  EXPECT_EQ(parsed(words + " --quick --loss-batch 2 --json --out x")["evaluations"], 33);
  const Ended by_losses = lorahub(words + " --quick --quiet --budget 45 --json --out y");
  EXPECT_EQ(nlohmann::json::parse(by_losses.out)["evaluations"], 45);
  EXPECT_THAT(by_losses.err, HasSubstr("the search is `recommended`"));
  const Ended ignored = lorahub(words + " --search gradient --quick --budget 5 --out z");
  EXPECT_EQ(ignored.code, 0);
  EXPECT_THAT(ignored.err, HasSubstr("search.budget"));
}

TEST_F(Adapt, EveryCommandTakesTheNamesOfPieces) {
  std::ofstream(folder_ / "w.json") << "[[0.5, 0.25]]";
  const std::string two = kMini + " --modules find_letter,max_letter";
  const std::string paths = " --model " + kShippedConfigs + "/model/mini --library " +
                            kShippedConfigs + "/library/mini/r16 --modules find_letter,max_letter";
  const std::string task = " --task mini/unseen/E1_isa_letter";
  const std::string file = " --task " + kShippedConfigs + "/tasks/mini/unseen/E1_isa_letter/";
  EXPECT_EQ(lorahub("score" + two + task + " --rows 0:3 --weights w.json --json").out,
            lorahub("score" + paths + file + "pool.jsonl --rows 0:3 --weights w.json --json").out);
  EXPECT_EQ(parsed("probe" + two + task + " --json"),
            parsed("probe" + paths + file + "pool.jsonl --json"));
  const std::string mixed = " --weights w.json --max-tokens 3 --json";
  EXPECT_EQ(parsed("infer" + two + task + mixed),
            parsed("infer" + paths + file + "test.jsonl" + mixed));
  ASSERT_EQ(lorahub("compose" + two + " --weights w.json --out named").code, 0);
  ASSERT_EQ(lorahub("compose" + paths + " --weights w.json --out given").code, 0);
  EXPECT_EQ(adapter("named"), adapter("given"));
  EXPECT_EQ(lorahub("hub list mini --json").out,
            lorahub("hub list " + kShippedConfigs + "/library/mini/r16 --json").out);
  EXPECT_EQ(
      lorahub("hub verify " + kShippedConfigs + "/library/mini/r16 find_letter --model mini").code,
      0);
}

}  // namespace
}  // namespace lorahub
