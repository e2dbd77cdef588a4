#include "model/llama/generate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.hpp"
#include "model/llama/tiny_models.hpp"
#include "tensor/with_gpu.hpp"

namespace lorahub::model::llama {
namespace {

using test::tiny_adapter;
using test::tiny_model;
using test::TinyModel;

std::vector<Ids> prompts_of(const TinyModel& tiny) {
  std::vector<Ids> prompts;
  for (const Tokens& pair : tiny.pairs) prompts.push_back(pair.source);
  return prompts;
}

void expect_transformers_answers(const TinyModel& tiny, const Network& network) {
  const std::vector<Ids> answers = generate(network, {}, prompts_of(tiny), {tiny.max_tokens});
  ASSERT_EQ(answers.size(), tiny.examples.size());
  size_t ended = 0;
  for (size_t k = 0; k < answers.size(); ++k) {
    const std::vector<double> gaps = tiny.examples[k].at("gaps");  // between the two best logits
    ASSERT_GT(*std::ranges::min_element(gaps), 1e-4);
    EXPECT_EQ(answers[k], tiny.examples[k].at("greedy").get<Ids>()) << k;
    ended += std::ssize(answers[k]) < tiny.max_tokens;
  }
  EXPECT_GT(ended, 0u);  // an end token was met
}

class LlamaGreedy : public testing::TestWithParam<const char*> {};

TEST_P(LlamaGreedy, AnswersAreThoseOfTransformers) {
  const TinyModel tiny = tiny_model(GetParam());
  expect_transformers_answers(tiny, tiny.network());
}

TEST_P(LlamaGreedy, on_a_gpu_answers_are_those_of_transformers) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  const TinyModel tiny = tiny_model(GetParam());
  expect_transformers_answers(tiny, tiny.network({.device = base::Device::cuda}));
}

// What all prompts begin with is computed once, for each of the candidates.
TEST_P(LlamaGreedy, PromptsThatBeginAlikeAreAnsweredAsIfAlone) {
  const TinyModel tiny = tiny_model(GetParam());
  const Network network = tiny.network();
  std::vector<Ids> prompts = prompts_of(tiny);
  for (Ids& prompt : prompts)
    for (const int64_t id : {5, 9, 61, 33, 12, 48, 7, 70, 22, 31, 15, 52, 8, 44})
      prompt.insert(prompt.begin(), id);
  const Adapter adapter = tiny_adapter(network.config, 2, 0.1);
  const std::vector<Ids> all = generate_each(network, adapter, prompts, {tiny.max_tokens});
  for (size_t k = 0; k < prompts.size(); ++k) {
    const std::vector<Ids> alone =
        generate_each(network, adapter, std::span(prompts).subspan(k, 1), {tiny.max_tokens});
    for (size_t p = 0; p < 2; ++p) EXPECT_EQ(all[p * prompts.size() + k], alone[p]) << p << k;
  }
}

INSTANTIATE_TEST_SUITE_P(TinyModels, LlamaGreedy, testing::ValuesIn(test::kTinyModels),
                         [](const auto& name) { return std::string(name.param); });

// Three candidates and what they answer to the same prompts, each up to its end.
struct ThreeCandidates {
  TinyModel tiny = tiny_model("mistral");
  Network network = tiny.network();
  Adapter adapter = tiny_adapter(network.config, 3);
  std::vector<Ids> prompts = prompts_of(tiny);
  std::vector<Ids> answers = generate_each(network, adapter, prompts, {tiny.max_tokens});
};

TEST(LlamaGenerate, EachCandidateAnswersAsIfAlone) {
  const auto [tiny, network, adapter, prompts, all] = ThreeCandidates();
  ASSERT_EQ(all.size(), 3 * prompts.size());
  for (int p = 0; p < 3; ++p) {
    const std::vector<Ids> alone =
        generate_each(network, candidates(adapter, p, 1), prompts, {tiny.max_tokens});
    for (size_t k = 0; k < alone.size(); ++k)
      EXPECT_EQ(all[static_cast<size_t>(p) * alone.size() + k], alone[k]) << p << " " << k;
  }
}

// Of the free answers, each up to and with its first id of the list.
std::vector<Ids> up_to_any(std::vector<Ids> answers, const Ids& stops) {
  for (Ids& answer : answers) {
    const auto stop = std::ranges::find_first_of(answer, stops);
    answer.erase(stop == answer.end() ? stop : stop + 1, answer.end());
  }
  return answers;
}

// Rows are whole one after another, at ids of their own free answers. None is asked again behind
// that, and no step is computed when all are whole: is_whole counts the tokens.
TEST(LlamaGenerate, ARowThatIsWholeStopsAndTheOthersGoOn) {
  const auto [tiny, network, adapter, prompts, free] = ThreeCandidates();
  Ids stops;
  for (size_t k = 0; k < free.size(); ++k) {
    if (!free[k].empty()) stops.push_back(free[k][std::min(free[k].size() - 1, k % 5)]);
    const std::vector<Ids> expected = up_to_any(free, stops);
    size_t asked = 0, tokens = 0;
    const auto is_whole = [&](const Ids& answer) {
      ++asked;
      return std::ranges::find(stops, answer.back()) != stops.end();
    };
    EXPECT_EQ(generate_each(network, adapter, prompts,
                            {.max_tokens = tiny.max_tokens, .is_whole = is_whole}),
              expected);
    for (const Ids& answer : expected) tokens += answer.size();
    EXPECT_EQ(asked, tokens) << k;
    const auto first = std::span(expected).subspan(0, prompts.size());
    EXPECT_TRUE(std::ranges::equal(generate(network, candidates(adapter, 0, 1), prompts,
                                            {.max_tokens = tiny.max_tokens, .is_whole = is_whole}),
                                   first));
  }
}

// A wider window with the same positions answers longer; each row ends at its own room.
TEST(LlamaGenerate, AnAnswerEndsAtTheWindow) {
  const TinyModel tiny = tiny_model("llama");
  Network network = tiny.network();
  const std::vector<Ids> prompts = prompts_of(tiny);
  const std::vector<Ids> free = generate(network, {}, prompts, {tiny.max_tokens});
  network.config.most_positions = 63;  // 3 tokens behind the longest prompt
  std::vector<Ids> expected = free;
  for (size_t k = 0; k < prompts.size(); ++k)
    expected[k].resize(std::min<size_t>(free[k].size(), 63 - prompts[k].size()));
  ASSERT_EQ(free[4].size(), 12U);
  EXPECT_EQ(generate(network, {}, prompts, {tiny.max_tokens}), expected);
  network.config.most_positions = 38;  // 5 behind the second longest, none for the longest
  EXPECT_THROW(generate(network, {}, prompts, {tiny.max_tokens}), base::Error);
  std::vector<Ids> shorter = prompts;
  shorter.erase(shorter.begin() + 3);
  expected = free;
  expected.erase(expected.begin() + 3);
  ASSERT_EQ(shorter[3].size(), 33U);
  expected[3].resize(5);
  EXPECT_EQ(generate(network, {}, shorter, {tiny.max_tokens}), expected);
  EXPECT_EQ(
      generate_each(network, tiny_adapter(network.config, 2, 0), shorter, {tiny.max_tokens}).size(),
      2 * shorter.size());
  network.config.most_positions = 33;
  EXPECT_THROW(generate(network, {}, std::span(&shorter[3], 1), {1}), base::Error);
}

}  // namespace
}  // namespace lorahub::model::llama
