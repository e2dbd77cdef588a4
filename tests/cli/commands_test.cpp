// The commands together: what one writes, another reads with the same numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.hpp"
#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kLibrary = " --library " + kConfigs + "/library/mini/r16";
const std::string kModules = " --modules find_letter,max_letter,hid_rev_comma";
const std::string kTask = " --task " + kConfigs + "/tasks/mini/unseen/E1_isa_letter/";

class Commands : public testing::Test {
 protected:
  std::string weights(const std::string& text) {
    std::ofstream(folder_ / "w.json") << text;
    return " --weights " + quoted(folder_ / "w.json");
  }
  std::filesystem::path folder_ = fresh_folder("commands");
};

TEST_F(Commands, AComposedAdapterAnswersAsTheMixtureDoes) {
  const std::string w = weights("[[0.7, 0.4, -0.3]]");
  for (const std::string composition : {"factor", "product"}) {
    const auto out = folder_ / composition;
    const std::string how = " --composition " + composition;
    ASSERT_EQ(
        lorahub("compose" + kModel + kLibrary + kModules + w + how + " --out " + quoted(out)).code,
        0);
    const json mixed = parsed(
        lorahub("infer" + kModel + kLibrary + kModules + w + how + kTask + "test.jsonl --json"));
    const json alone = parsed(
        lorahub("infer" + kModel + " --adapter " + quoted(out) + kTask + "test.jsonl --json"));
    EXPECT_EQ(mixed["answers"].size(), 200U);
    EXPECT_EQ(mixed, alone) << composition;
    EXPECT_GT(mixed["accuracy"].get<double>(), 20);  // the base has 0: the adapter acts

    std::ofstream(folder_ / "one.json") << "[[1]]";
    const json sums = parsed(lorahub("score" + kModel + kLibrary + kModules + w + how + kTask +
                                     "pool.jsonl --rows 0:5 --json"));
    const json again = parsed(lorahub(
        "score" + kModel + " --library " + quoted(folder_) + " --modules " + composition +
        " --weights " + quoted(folder_ / "one.json") + kTask + "pool.jsonl --rows 0:5 --json"));
    for (int k = 0; k < 5; ++k)
      EXPECT_NEAR(sums["loss_sum"][0][k].get<double>(), again["loss_sum"][0][k].get<double>(),
                  1e-4);
  }
}

TEST_F(Commands, AWrittenMergeAnswersAsTheMixtureDoes) {
  const std::string w = weights("[[0.7, 0.4, -0.3]]");
  const std::string mixture = kModel + kLibrary + kModules + w;
  for (const std::string how : {"ties --density 0.5", "dare_linear --draw 7", "svd --svd-rank 5"}) {
    const auto out = folder_ / how.substr(0, how.find(' '));
    const std::string composition = " --composition " + how;
    const Ended written = lorahub("compose" + mixture + composition + " --out " + quoted(out));
    ASSERT_EQ(written.code, 0) << written.err;
    const json mixed =
        parsed(lorahub("infer" + mixture + composition + kTask + "test.jsonl --json"));
    EXPECT_EQ(mixed, parsed(lorahub("infer" + kModel + " --adapter " + quoted(out) + kTask +
                                    "test.jsonl --json")))
        << how;
    EXPECT_EQ(json::parse(base::read_file(out / "adapter_config.json"))["r"],
              how[0] == 's' ? 5 : 16);
  }
  const std::string routed = mixture + " --composition arrow --experts 2";
  EXPECT_EQ(lorahub("infer" + routed + kTask + "test.jsonl").code, 0);
  const Ended refused = lorahub("compose" + routed + " --out " + quoted(folder_ / "arrow"));
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("arrow can't be written as an adapter"));
}

TEST_F(Commands, AnOptionThatTheCompositionDoesNotReadIsRefused) {
  const std::string w = weights("[[0.7, 0.4, -0.3]]");
  for (const std::string option :
       {"--density 0.5", "--draw 2", "--experts 2", "--svd-rank 3", "--temperature 2"})
    for (const std::string command : {"infer", "score"}) {
      const Ended ended = lorahub(command + kModel + kLibrary + w + kTask + "test.jsonl " + option);
      EXPECT_EQ(ended.code, 2) << option;
      EXPECT_THAT(ended.err,
                  HasSubstr("composition factor reads no " + option.substr(0, option.find(' '))));
    }
}

TEST_F(Commands, ARoutedMixtureIsNotScoredByDifferences) {
  const Ended ended =
      lorahub("score" + kModel + kLibrary + kModules + weights("[[1, 1, 1]]") + kTask +
              "pool.jsonl --rows 0:3 --composition arrow --precision "
              "delta-int8");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("composition arrow is not evaluated by differences"));
}

TEST_F(Commands, AMergedModelAndACutAdapterAnswerAsTheMixtureDoes) {
  const std::string w = weights("[[0.7, 0.4, -0.3]]") + " --composition product";
  const json mixed =
      parsed(lorahub("infer" + kModel + kLibrary + kModules + w + kTask + "test.jsonl --json"));
  const auto merged = folder_ / "merged", cut = folder_ / "cut";
  const Ended merging = lorahub("compose" + kModel + kLibrary + kModules + w +
                                " --merge f32 --out " + quoted(merged));
  ASSERT_EQ(merging.code, 0) << merging.err;
  EXPECT_EQ(mixed,
            parsed(lorahub("infer --model " + quoted(merged) + kTask + "test.jsonl --json")));
  const Ended cutting =
      lorahub("compose" + kModel + kLibrary + kModules + w + " --rank 40 --out " + quoted(cut));
  EXPECT_THAT(cutting.err, HasSubstr("rank 48 cut to 40"));
  const json answers =
      parsed(lorahub("infer" + kModel + " --adapter " + quoted(cut) + kTask + "test.jsonl --json"));
  EXPECT_NEAR(answers["accuracy"].get<double>(), mixed["accuracy"].get<double>(), 5);
  EXPECT_THAT(lorahub("compose" + kModel + kLibrary + kModules + w + " --merge bf16 --out " +
                      quoted(folder_ / "coarse"))
                  .err,
              HasSubstr("warning"));
}

TEST_F(Commands, AdaptLowersTheLossAndWritesAnAdapter) {
  const auto out = folder_ / "adapted";
  const json found = parsed(lorahub("adapt" + kModel + kLibrary + kTask +
                                    "pool.jsonl --budget 120 --json --out " + quoted(out)));
  EXPECT_LT(found["loss"].get<double>(), found["zero_loss"].get<double>() / 2);
  const json base = parsed(lorahub("infer" + kModel + kTask + "test.jsonl --max-tokens 16 --json"));
  const json adapted = parsed(lorahub("infer" + kModel + " --adapter " + quoted(out) + kTask +
                                      "test.jsonl --max-tokens 16 --json"));
  EXPECT_GT(adapted["accuracy"].get<double>(), base["accuracy"].get<double>() + 30);
  EXPECT_THAT(read_all(out / "README.md"), HasSubstr("find_letter"));
}

TEST_F(Commands, AdaptGivesTheSameAdapterOnTwoRanks) {
  const std::string how = kModel + kLibrary + kTask + "pool.jsonl --modules 6 --budget 20 --out ";
  ASSERT_EQ(lorahub("adapt" + how + quoted(folder_ / "one")).code, 0);
  ASSERT_EQ(run_command("mpirun -np 2 " PROGRAM " adapt" + how + quoted(folder_ / "two")).code, 0);
  EXPECT_EQ(read_all(folder_ / "one/adapter_model.safetensors"),
            read_all(folder_ / "two/adapter_model.safetensors"));
}

TEST_F(Commands, AdaptTakesTheKnobsOfAStudy) {
  const std::string how =
      "adapt" + kModel + kLibrary + kTask +
      "pool.jsonl --search cma --modules 6 --budget 20 --quick --json --force --out " +
      quoted(folder_ / "out") + " --set composition=factor";
  const json best = parsed(lorahub(how)), mean = parsed(lorahub(how + " search.recommend=mean"));
  EXPECT_EQ(best["modules"], mean["modules"]);
  EXPECT_NE(best["weights"], mean["weights"]);
  EXPECT_NE(best["loss"], mean["loss"]);
  const Ended narrowed = run_command("XDG_CACHE_HOME=" + quoted(folder_ / "cache") +
                                     " " PROGRAM " " + how + " 'retrieve=probe 3'");
  EXPECT_EQ(parsed(narrowed)["modules"].size(), 3U);
  EXPECT_THAT(lorahub(how + " search.budgie=3").err, HasSubstr("did you mean 'search.budget'"));
  const Ended other = lorahub(how + " model=x");
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("use the options --model"));
}

// The penalty by another program: a dialogue in lines, the result in the last one.
TEST_F(Commands, AdaptAsksForThePenaltyAndTakesRowsAndModulesInOrder) {
  const std::string rows = quoted(folder_ / "rows.jsonl");
  run_command("head -n 3 " + kConfigs + "/tasks/mini/unseen/E1_isa_letter/pool.jsonl > " + rows);
  const std::string how = "adapt" + kModel + kLibrary + " --task " + rows +
                          " --shots all --modules max_letter,find_letter --search official "
                          "--budget 3 --quick --json --force --out " +
                          quoted(folder_ / "out");
  const json own = parsed(lorahub(how + " --penalty none"));
  EXPECT_EQ(own["modules"], json({"max_letter", "find_letter"}));
  EXPECT_TRUE(own["single_loss"].empty());
  const Ended asked = run_command("yes '{\"penalty\": 7}' | " PROGRAM " " + how + " --penalty ask");
  ASSERT_EQ(asked.code, 0) << asked.err;
  std::vector<json> lines;
  std::istringstream out(asked.out);
  for (std::string line; std::getline(out, line);) lines.push_back(json::parse(line));
  ASSERT_EQ(lines.size(), 4U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lines[i]["ask"], "penalty") << i;
  EXPECT_EQ(lines[0]["weights"], json({0.0, 0.0}));
  EXPECT_EQ(lines[1]["weights"], json({0.5, 0.0}));
  EXPECT_EQ(lines[3]["weights"], own["weights"]);  // a constant moves nothing
  EXPECT_EQ(lines[3]["loss"], own["loss"]);
  EXPECT_DOUBLE_EQ(lines[3]["objective"].get<double>(), own["objective"].get<double>() + 7);

  EXPECT_THAT(lorahub(how + " --penalty ask < /dev/null").err, HasSubstr("standard input ended"));
  EXPECT_THAT(run_command("echo nothing | " PROGRAM " " + how + " --penalty ask").err,
              HasSubstr("'nothing' is no answer"));
  EXPECT_EQ(
      lorahub("adapt" + kModel + kLibrary + " --task " + rows + " --penalty ask --out x").code, 2);
}

TEST_F(Commands, EnginesAgree) {
  const std::string what = "score" + kModel + kLibrary + kModules +
                           weights("[[0.7, 0.4, -0.3], [0, 0, 0]]") + kTask +
                           "pool.jsonl --rows 0:4 --json";
  const json fast = parsed(lorahub(what)),
             reference = parsed(lorahub(what + " --engine reference"));
  for (int p = 0; p < 2; ++p)
    for (int k = 0; k < 4; ++k)
      EXPECT_NEAR(fast["loss_sum"][p][k].get<double>(), reference["loss_sum"][p][k].get<double>(),
                  1e-4);
}

TEST_F(Commands, InferReadsStandardInput) {
  const json answers = parsed(run_command(
      "head -n 3 " + kConfigs + "/tasks/mini/unseen/E1_isa_letter/test.jsonl | " PROGRAM " infer" +
      kModel + " --adapter " + kConfigs + "/library/mini/r16/find_letter --task - --json"));
  EXPECT_EQ(answers["answers"].size(), 3U);
  EXPECT_TRUE(answers["accuracy"].is_number());
}

// Of no hit in n rows, Wilson's interval ends at z^2 / (n + z^2): 56.1 % for three.
TEST_F(Commands, InferSaysHowFarItsAccuracyIsCertain) {
  const Ended ended = run_command(
      "head -n 3 " + kConfigs + "/tasks/mini/unseen/E1_isa_letter/test.jsonl | " PROGRAM " infer" +
      kModel + " --task -");
  EXPECT_THAT(ended.err, HasSubstr("accuracy 0.00 % [0.0, 56.1] of 3 rows\n"));
}

// Rows of several adapters in one stream: each answered as by its adapter alone, in their order.
TEST_F(Commands, InferAnswersEachRowByItsOwnAdapter) {
  const std::vector<std::string> adapters{"find_letter", "max_letter", "", "find_letter"};
  std::vector<std::string> inputs;
  std::ifstream rows(kConfigs + "/tasks/mini/unseen/E1_isa_letter/test.jsonl");
  std::ofstream mixed(folder_ / "mixed.jsonl");
  for (std::string line; inputs.size() < 60 && std::getline(rows, line);) {
    json row = json::parse(line);
    inputs.push_back(row["context"]);
    const std::string& adapter = adapters[inputs.size() % 4];
    if (!adapter.empty()) row["adapter"] = adapter;
    row["mine"] = inputs.size();
    mixed << row << "\n";
  }
  mixed.close();
  const Ended ended =
      run_command("cat " + quoted(folder_ / "mixed.jsonl") + " | " PROGRAM " infer" + kModel +
                  kLibrary + " --task - --batch 3 --json-lines");
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::map<std::string, json> alone;
  for (const std::string adapter : {"", "find_letter", "max_letter"})
    alone[adapter] = parsed(
        lorahub("infer" + kModel +
                (adapter.empty() ? "" : " --adapter " + kConfigs + "/library/mini/r16/" + adapter) +
                kTask + "test.jsonl --json"))["answers"];
  std::istringstream lines(ended.out);
  size_t number = 0;
  for (std::string line; std::getline(lines, line); ++number) {
    const json row = json::parse(line);
    EXPECT_EQ(row["mine"], number + 1);
    EXPECT_EQ(row["answer"], alone[row.value("adapter", "")][number]) << number;
    EXPECT_EQ(row["hit"].get<bool>(), row["answer"] == row["completion"]);
  }
  EXPECT_EQ(number, 60U);
}

TEST_F(Commands, InferRefusesACompositionOfNoWeights) {
  for (const std::string& more : {std::string(), kLibrary}) {
    const Ended ended =
        lorahub("infer" + kModel + more + " --composition product" + kTask + "test.jsonl");
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err,
                HasSubstr("--composition says how --weights are mixed (none are given)"));
  }
}

// Without weights the base alone would answer.
TEST_F(Commands, InferRefusesModulesThatNothingMixes) {
  const Ended ended =
      lorahub("infer" + kModel + kLibrary + " --modules find_letter" + kTask + "test.jsonl");
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("--modules names what --weights or --method mix"));
}

TEST_F(Commands, InferRefusesARowThatIsTooLongOrNamesNoAdapter) {
  std::ofstream(folder_ / "long.jsonl") << json{{"input", "a b"}} << "\n"
                                        << json{{"input", std::string(3000, 'a')}} << "\n";
  const Ended longer =
      lorahub("infer" + kModel + " --max-input 500 --task " + quoted(folder_ / "long.jsonl"));
  EXPECT_EQ(longer.code, 2);
  EXPECT_THAT(longer.err, testing::AllOf(HasSubstr("long.jsonl:2"), HasSubstr("--max-input")));
  std::ofstream(folder_ / "absent.jsonl") << json{{"input", "a"}, {"adapter", "no_such"}} << "\n";
  const Ended absent = lorahub("infer" + kModel + " --task " + quoted(folder_ / "absent.jsonl"));
  EXPECT_EQ(absent.code, 2);
  EXPECT_THAT(absent.err, testing::AllOf(HasSubstr("absent.jsonl:1"), HasSubstr("no_such")));
}

TEST_F(Commands, StatusCheckAndReportReadWhatRunWrote) {
  std::ofstream(folder_ / "small.yaml")
      << "question: Does it say so?\nuses: {model: mini, library: mini, tasks: mini/unseen}\n"
         "set: {modules: 40, search.budget: 60, search.population: 10, task: E1_isa_letter}\n"
         "vary: {method: [zero_shot, lorahub], seed: [1, 2]}\n";
  const auto out = folder_ / "small";
  ASSERT_EQ(lorahub("run " + quoted(folder_ / "small.yaml") + " --quiet --out " + quoted(out)).code,
            0);
  const json status = parsed(lorahub("status " + quoted(out) + " --json"));
  EXPECT_EQ(status["planned"], 3);
  EXPECT_EQ(status["done"], 3);
  EXPECT_EQ(status["failed"], 0);
  const Ended check = lorahub("check " + quoted(out / "small.h5"));
  EXPECT_EQ(check.code, 0) << check.out;
  const Ended report = lorahub("report " + quoted(out) + " --out " + quoted(folder_ / "r.md"));
  ASSERT_EQ(report.code, 0) << report.err;
  const std::string text = read_all(folder_ / "r.md");
  for (const char* word :
       {"Does it say so?", "E1_isa_letter", "zero_shot", "lorahub", "better than"})
    EXPECT_THAT(text, HasSubstr(word));
  EXPECT_THAT(read_all(folder_ / "small.svg"), HasSubstr("<svg"));
  const std::string page = " --out " + quoted(folder_ / "r.html");
  ASSERT_EQ(lorahub("report " + quoted(out) + " " + quoted(out) + page).code, 0);
  EXPECT_THAT(read_all(folder_ / "r.html"), HasSubstr("RQ1 small (2)"));  // from several folders
  ASSERT_EQ(lorahub("export " + quoted(out) + " --csv --ro-crate").code, 0);
  EXPECT_THAT(read_all(out / "csv/runs.csv"), HasSubstr("E1_isa_letter"));
  const json crate = json::parse(read_all(out / "ro-crate-metadata.json"), nullptr, false);
  EXPECT_EQ(crate["@graph"][1]["name"], "Results of the study small");
}

// The id of the trial with this label, as `plan` lists it.
std::string id_of(const std::string& plan, const std::string& label) {
  std::istringstream lines(plan);
  for (std::string line; std::getline(lines, line);)
    if (line.ends_with("  " + label)) return line.substr(0, 16);
  return "none";
}

TEST_F(Commands, ReportDrawsTheCourseOfOneTrial) {
  const auto study = folder_ / "course.yaml";
  std::ofstream(study) << "uses: {model: mini, library: mini, tasks: mini/unseen}\n"
                          "set: {modules: 4, task: E1_isa_letter, max_tokens: 2}\n"
                          "vary: {method: [uniform, lorahub], seed: [1]}\n"
                          "zip: {search.budget: [auto, 20]}\n";
  const std::string out = quoted(folder_ / "course");
  ASSERT_EQ(lorahub("run " + quoted(study) + " --quiet --out " + out).code, 0);
  const std::string plan = lorahub("plan " + quoted(study)).out;
  const std::string id = id_of(plan, "E1_isa_letter lorahub search.budget=20 seed 1");
  const std::string page = (folder_ / "trial.html").string();
  const Ended report = lorahub("report " + out + " --trial " + id + " --out " + page);
  ASSERT_EQ(report.code, 0) << report.err << plan;
  for (const char* word : {"best so far", "Step size of each generation", "Axis ratio"})
    EXPECT_THAT(read_all(page), HasSubstr(word));
  EXPECT_THAT(lorahub("report " + out + " --trial " + id.substr(0, 8)).out, HasSubstr(id));
  const Ended none = lorahub("report " + out + " --trial zz");
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("no trial of these results has this id"));
  const std::string uniform = id_of(plan, "E1_isa_letter uniform seed 1");
  EXPECT_THAT(lorahub("report " + out + " --trial " + uniform).err, HasSubstr("ran no search"));
}

TEST_F(Commands, ShardsTogetherAreTheStudy) {
  std::ofstream(folder_ / "s.yaml")
      << "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen}\n"
         "set: {modules: 4, task: E1_isa_letter, method: uniform, max_tokens: 2}\n"
         "vary: {seed: [1, 2, 3]}\n";
  const auto out = folder_ / "s";
  for (const char* shard : {"1/2", "2/2"})
    ASSERT_EQ(lorahub("run " + quoted(folder_ / "s.yaml") + " --quiet --shard " + shard +
                      " --out " + quoted(out))
                  .code,
              0);
  EXPECT_THAT(lorahub("report " + quoted(out)).out, HasSubstr("3 trials done"));
}

TEST_F(Commands, PlanListsTrialsWithoutAModel) {
  const json plan = parsed(run_command("HF_HUB_CACHE=/nowhere " PROGRAM " plan " SOURCE_DIR
                                       "/experiments/official_bbh.yaml --ranks 8 --json"));
  EXPECT_EQ(plan["ranks"], 8);
  EXPECT_GT(plan["trials"].size(), 27U * 5);
  double tflop = 0;
  for (const json& trial : plan["trials"])
    if (trial["method"] == "lorahub" && trial["task"] == "date_understanding" &&
        trial["search.method"] == "official") {
      EXPECT_EQ(trial["evaluations"], 40);
      tflop = trial["tflop"];
    }
  // 40 x 5 forwards of about 120 tokens and 150 answers: flan-t5-large has 0.72 GFLOP a token
  EXPECT_NEAR(tflop, (200 + 150) * 120 * 0.74e-3, 12);
  EXPECT_GT(plan["memory_bytes"].get<double>(), 783e6 * 4);
  EXPECT_GT(plan["shared_bytes"].get<double>(), 783e6 * 4);
  EXPECT_LT(plan["shared_bytes"].get<double>(), plan["memory_bytes"].get<double>());
}

// The knobs of a study that the repository holds are in the list.
TEST_F(Commands, KnobsListsWhatAStudyMaySet) {
  const Ended ended = lorahub("knobs");
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const char* knob : {"search.budget", "shots", "seed.search", "task.max_input"})
    EXPECT_THAT(ended.out, HasSubstr("| `" + std::string(knob) + "` |"));
}

}  // namespace
}  // namespace lorahub
