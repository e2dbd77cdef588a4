// The real SmolLM2-135M-Instruct from its GGUF file against transformers (tests/golden/
// smollm2_golden.py). LORAHUB_SMOLLM2: a folder with the file that scripts/fetch-smollm2 fetches;
// skipped without it.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/home.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "checkpoint/weights.hpp"
#include "lora/merge_into_base.hpp"
#include "objective/alone.hpp"
#include "objective/load_model.hpp"
#include "objective/objective.hpp"
#include "task/task.hpp"

namespace lorahub::objective {
namespace {

using nlohmann::json;

class RealSmolLm2 : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = base::environment_variable("LORAHUB_SMOLLM2");
    if (folder_.empty()) GTEST_SKIP() << "LORAHUB_SMOLLM2 names no folder";
  }
  static json golden() {
    return json::parse(base::read_file(SOURCE_DIR "/tests/golden/smollm2.json"));
  }
  LoadedModel load(study::Precision precision = study::Precision::f32) const {
    return load_model(folder_, precision, {.threads = 2});
  }
  static std::vector<double> sums(const LoadedModel& loaded,
                                  const std::vector<task::Example>& rows) {
    return loaded.model->loss_sums({}, tokenize(*loaded.tokenizer, rows));
  }
  std::string folder_;
};

std::vector<task::Example> first_five(const std::string& task) {
  auto rows =
      task::read_examples(SOURCE_DIR "/configs/tasks/lorahub_bbh/" + task + "/example.jsonl");
  rows.resize(5);
  return rows;
}

TEST_F(RealSmolLm2, EveryTensorHasTheBytesOfTransformersLoader) {
  const checkpoint::Tensors tensors = checkpoint::read_model_weights(folder_);
  const json expected = golden()["tensors"];
  size_t seen = 0;
  for (const auto& [name, digest] : expected.items()) {
    if (name == "lm_head.weight") continue;  // the embedding once more
    ASSERT_TRUE(tensors.contains(name)) << name;
    const at::Tensor values = tensors.at(name).contiguous();
    ASSERT_EQ(values.scalar_type(), at::kFloat) << name;
    EXPECT_EQ(base::sha256({static_cast<const char*>(values.const_data_ptr()), values.nbytes()}),
              digest.get<std::string>())
        << name;
    ++seen;
  }
  EXPECT_EQ(seen, 272U);
  EXPECT_EQ(tensors.size(), 272U);
}

// f32 sums of transformers and of this program are added in other orders.
TEST_F(RealSmolLm2, LossSumsOfFifteenExamplesAreThoseOfTransformers) {
  const LoadedModel loaded = load();
  for (const auto& [task, rows] : golden()["rows"].items()) {
    const std::vector<double> ours = sums(loaded, first_five(task));
    ASSERT_EQ(ours.size(), 5U);
    for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(ours[i], rows[i]["sum"].get<double>(), 2e-4) << task;
  }
}

TEST_F(RealSmolLm2, APerplexityOfAParagraphIsThatOfTransformers) {
  const json paragraph = golden()["paragraph"];
  const task::Example row{.input = paragraph["prompt"], .target = paragraph["answer"]};
  const LoadedModel loaded = load();
  const double tokens = paragraph["tokens"];
  ASSERT_EQ(tokenize(*loaded.tokenizer, std::span(&row, 1))[0].target.size(), tokens);
  const double expected = std::exp(paragraph["sum"].get<double>() / tokens);
  EXPECT_NEAR(std::exp(sums(loaded, {row})[0] / tokens), expected, 1e-4 * expected);
}

TEST_F(RealSmolLm2, FirstLinesOfGreedyAnswersAreThoseOfTransformers) {
  std::vector<std::string> prompts, lines;
  for (const json& row : golden()["greedy"]) {
    prompts.push_back(row["prompt"]);
    lines.push_back(row["line"]);
  }
  EXPECT_EQ(answer(load(), {}, prompts, {.max_tokens = 12}), lines);
}

// Merged into a Hugging Face folder, the model has the losses of base and adapter, and its tokens.
TEST_F(RealSmolLm2, AMergedModelIsAFolderWithTheLossesOfItsAdapter) {
  const LoadedModel loaded = load();
  const auto& linears = loaded.model->architecture().linears();
  lora::Module module{.name = "random", .rank = 4, .alpha = 4};
  const auto values = [](const std::vector<int64_t>& sizes, double width) {
    const int64_t count = sizes[0] * sizes[1];
    return (width * (at::arange(count, at::kFloat) * 0.7).sin()).view(sizes);
  };
  for (const size_t slot : {size_t{0}, size_t{3}, linears.size() - 4})
    module.slots[static_cast<int>(slot)] = {.a = values({4, linears[slot].in}, 0.1),
                                            .b = values({linears[slot].out, 4}, 0.2)};
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / base::format("lorahub_merged_{}", ::getpid());
  std::filesystem::create_directories(folder);
  lora::write_merged(folder, module, folder_, at::kFloat);
  const LoadedModel merged = load_model(folder.string(), study::Precision::f32, {.threads = 2});
  const auto rows = first_five("date_understanding");
  const std::vector<model::Tokens> pairs = tokenize(*loaded.tokenizer, rows),
                                   again = tokenize(*merged.tokenizer, rows);
  for (size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(again[i].source, pairs[i].source);
    EXPECT_EQ(again[i].target, pairs[i].target);
  }
  const std::vector<double> base = sums(loaded, rows), one = sums(merged, rows),
                            adapted = loaded.model->loss_sums(alone(loaded, module), pairs);
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_NEAR(one[i], adapted[i], 1e-4 * adapted[i]);
    EXPECT_GT(std::abs(adapted[i] - base[i]), 1e-2);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lorahub::objective
