// A decoder-only model through all commands that a user of one has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/check.hpp"
#include "cli/mini_lab.hpp"
#include "cli/tiny_decoder.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class DecoderCommands : public testing::Test {
 protected:
  // Two modules on all seven kinds of linear layers, a few steps each.
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("lorahub_decoder_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    model_ = std::make_unique<TinyDecoder>(folder_ / "model");
    write_rows("yes.jsonl", "yes");
    write_rows("no.jsonl", "no");
    const json training{
        {"train", "lora"},
        {"model", model_->folder().string()},
        {"data", {(folder_ / "yes.jsonl").string(), (folder_ / "no.jsonl").string()}},
        {"out", (folder_ / "library").string()},
        {"targets", {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}},
        {"rank", 2},
        {"alpha", 4},
        {"lr", 0.02},
        {"epochs", 6},
        {"batch", 4},
        {"seed", 1}};
    std::ofstream(folder_ / "train.yaml") << training.dump();  // YAML, too
    trained_ = lorahub("train " + quoted(folder_ / "train.yaml") + " --quiet");
  }
  static void TearDownTestSuite() {
    fs::remove_all(folder_);
    model_.reset();
  }

  static void write_rows(const std::string& name, const std::string& answer) {
    std::ofstream out(folder_ / name);
    for (int i = 0; i < 12; ++i)
      out << json{{"input", base::format("is {} {}? A:", answer, i)}, {"target", answer}}.dump()
          << "\n";
  }

  static std::string model() { return " --model " + quoted(model_->folder()); }
  static std::string library() { return " --library " + quoted(folder_ / "library"); }
  static std::string task() { return " --task " + quoted(folder_ / "yes.jsonl"); }
  static std::string weights(const std::string& text) {
    std::ofstream(folder_ / "w.json") << text;
    return " --weights " + quoted(folder_ / "w.json");
  }

  static inline fs::path folder_;
  static inline std::unique_ptr<TinyDecoder> model_;
  static inline Ended trained_;
};

TEST_F(DecoderCommands, TrainWritesPeftFoldersThatHubListsAndVerifies) {
  ASSERT_EQ(trained_.code, 0) << trained_.err;
  const json config = json::parse(read_all(folder_ / "library/yes/adapter_config.json"));
  EXPECT_EQ(config["task_type"], "CAUSAL_LM");
  EXPECT_EQ(config["target_modules"].size(), 7U);
  const json list = parsed(lorahub("hub list " + quoted(folder_ / "library") + " --json"));
  EXPECT_EQ(list.size(), 2U);
  const Ended verified = lorahub("hub verify " + quoted(folder_ / "library") + model());
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

TEST_F(DecoderCommands, ScoreGivesEachModuleALowerLossOnItsOwnRows) {
  const json scored = parsed(
      lorahub("score" + model() + library() + task() + weights("[[0,0],[1,0],[0,1]]") + " --json"));
  std::vector<double> sums;
  for (const json& rows : scored["loss_sum"]) {
    ASSERT_EQ(rows.size(), 12U);
    sums.push_back(0);
    for (const json& row : rows) sums.back() += row.get<double>();
  }
  const json names = scored["modules"];
  const size_t own = names[0] == "yes" ? 1 : 2;
  EXPECT_LT(sums[own], sums[0]);
  const json plain = parsed(lorahub("score" + model() + library() + task() +
                                    weights("[[0,0],[1,0],[0,1]]") + " --engine reference --json"));
  for (size_t p = 0; p < 3; ++p)
    for (size_t k = 0; k < 12; ++k)
      EXPECT_NEAR(scored["loss_sum"][p][k].get<double>(), plain["loss_sum"][p][k].get<double>(),
                  1e-4);
}

TEST_F(DecoderCommands, ScoreWithoutALibraryGivesTheLossesOfTheBase) {
  const json base = parsed(lorahub("score" + model() + task() + " --json"));
  const json none =
      parsed(lorahub("score" + model() + library() + task() + weights("[[0,0]]") + " --json"));
  ASSERT_EQ(base["loss_sum"][0].size(), 12U);
  for (size_t k = 0; k < 12; ++k)
    EXPECT_NEAR(base["loss_sum"][0][k].get<double>(), none["loss_sum"][0][k].get<double>(), 1e-5);
  EXPECT_NEAR(base["objective"][0].get<double>(), none["objective"][0].get<double>(), 1e-5);
  EXPECT_EQ(base["modules"].size(), 0U);
  EXPECT_EQ(lorahub("score" + model() + library() + task()).code, 2);
}

TEST_F(DecoderCommands, InferAnswersOneLineByBaseAdapterAndMixture) {
  const json base = parsed(lorahub("infer" + model() + task() + " --max-tokens 8 --json"));
  ASSERT_EQ(base["answers"].size(), 12U);
  for (const json& answer : base["answers"])
    EXPECT_EQ(answer.get<std::string>().find('\n'), std::string::npos);
  const json adapted =
      parsed(lorahub("infer" + model() + " --adapter " + quoted(folder_ / "library/yes") + task() +
                     " --max-tokens 8 --json"));
  EXPECT_NE(base["answers"], adapted["answers"]);
  const json mixed = parsed(lorahub("infer" + model() + library() + " --modules yes" +
                                    weights("[[1]]") + task() + " --max-tokens 8 --json"));
  EXPECT_EQ(mixed["answers"], adapted["answers"]);
}

TEST_F(DecoderCommands, AdaptWritesAnAdapterOfLowerLossThatInferTakes) {
  const auto out = folder_ / "adapted";
  const json result = parsed(
      lorahub("adapt" + model() + library() + task() +
              " --shots 4 --budget 24 --set max_tokens=8 --json --quiet --out " + quoted(out)));
  EXPECT_TRUE(fs::exists(out / "adapter_model.safetensors"));
  EXPECT_EQ(json::parse(read_all(out / "adapter_config.json"))["task_type"], "CAUSAL_LM");
  const json again = parsed(
      lorahub("infer" + model() + " --adapter " + quoted(out) + task() + " --max-tokens 8 --json"));
  EXPECT_EQ(again["answers"].size(), 12U);
}

TEST_F(DecoderCommands, ProbePlanAndRunTakeTheModel) {
  const json probed = parsed(lorahub("probe" + model() + library() + task() + " --cache " +
                                     quoted(folder_ / "cache") + " --json --quiet"));
  EXPECT_EQ(probed["modules"].size(), 2U);
  std::ofstream(folder_ / "study.yaml") << json{
      {"question", "Does it run?"},
      {"set",
       {{"model", model_->folder().string()},
        {"library", (folder_ / "library").string()},
        {"task", (folder_ / "yes.jsonl").string()},
        {"modules", "all"},
        {"shots", 4},
        {"max_tokens", 8},
        {"search.budget", 8}}},
      {"vary",
       {{"method", {"zero_shot", "lorahub"}}}}}.dump();
  const Ended planned = lorahub("plan " + quoted(folder_ / "study.yaml"));
  EXPECT_EQ(planned.code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("lorahub"));
  const Ended ran = lorahub("run " + quoted(folder_ / "study.yaml") + " --quiet --out " +
                            quoted(folder_ / "results"));
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST_F(DecoderCommands, APromptLongerThanTheWindowIsRefusedByItsRow) {
  std::ofstream(folder_ / "long.jsonl")
      << json{{"input", "short"}, {"target", "yes"}}.dump() << "\n"
      << json{{"input", std::string(3000, '.') + " is this long?"}, {"target", "yes"}}.dump()
      << "\n";
  const std::string long_task = " --task " + quoted(folder_ / "long.jsonl");
  for (const std::string& command : {"infer" + model(), "score" + model()}) {
    const Ended ended = lorahub(command + long_task);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr("the model reads and writes at most 512"));
    EXPECT_THAT(ended.err, HasSubstr("long.jsonl")) << command;
  }
}

TEST_F(DecoderCommands, AnswersThatTheWindowMayEndAreGivenWithAWarning) {
  const Ended ended = lorahub("infer" + model() + task() + " --max-tokens 600 --json");
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(parsed(ended)["answers"].size(), 12U);
  EXPECT_THAT(ended.err, HasSubstr("yes.jsonl:1: the answer may have"));
  EXPECT_THAT(ended.err, HasSubstr("not 600, since the model reads and writes at most 512"));
  EXPECT_THAT(lorahub("infer" + model() + task() + " --max-tokens 8 --json").err,
              testing::Not(HasSubstr("the answer may have")));
  std::ofstream(folder_ / "windows.yaml") << json{
      {"question", "Is it said?"},
      {"set",
       {{"model", model_->folder().string()},
        {"task", (folder_ / "yes.jsonl").string()},
        {"shots", 4},
        {"max_tokens", 600},
        {"method", "zero_shot"}}}}.dump();
  const Ended planned = lorahub("plan " + quoted(folder_ / "windows.yaml"));
  EXPECT_EQ(planned.code, 0) << planned.err;
  EXPECT_THAT(planned.err, HasSubstr("of 8 of 8 prompts an answer may have fewer than max_tokens"));
}

TEST_F(DecoderCommands, AdaptersOfAnotherFamilyAreRefused) {
  const Ended t5_on_llama = lorahub("infer" + model() + " --adapter " + kConfigs +
                                    "/library/mini/r16/find_letter" + task());
  EXPECT_EQ(t5_on_llama.code, 2);
  EXPECT_THAT(t5_on_llama.err, HasSubstr("find_letter"));
  const Ended llama_on_t5 =
      lorahub("infer" + kModel + " --adapter " + quoted(folder_ / "library/yes") + task());
  EXPECT_EQ(llama_on_t5.code, 2);
  EXPECT_THAT(llama_on_t5.err, HasSubstr("q_proj"));
}

TEST_F(DecoderCommands, PiecesOfThePromptChangeWhatIsComputed) {
  const std::string score = "score" + model() + library() + task() + weights("[[0,0]]") + " --json";
  const json before = parsed(lorahub(score));
  model_->put("lorahub_prompt.json",
              {{"before", "<s>user: "}, {"after", " you: "}, {"joiner", ""}});
  const json with = parsed(lorahub(score));
  std::filesystem::remove(model_->folder() / "lorahub_prompt.json");
  EXPECT_NE(before["loss_sum"], with["loss_sum"]);
  EXPECT_EQ(parsed(lorahub(score))["loss_sum"], before["loss_sum"]);
}

}  // namespace
}  // namespace lorahub
