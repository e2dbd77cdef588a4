#include <gmock/gmock.h>

#include "lab.hpp"
#include "model/t5/loss.hpp"
#include "task/score.hpp"

namespace lorahub::objective {
namespace {

struct AnsweringSetting {
  LoadedModel loaded = objective::lab_model();
  lora::Pool pool = objective::pool(loaded.model->architecture());
  std::vector<task::Example> rows = shots("D2_last_letter", 25);
  std::vector<std::string> prompts;
  model::Adapter mixture;
  AnsweringSetting() {
    for (const task::Example& row : rows) prompts.push_back(row.input);
    std::vector<double> weights(20, 0.0);
    weights[0] = 0.8;
    weights[5] = 0.7;
    mixture = lora::compose(pool, weights, study::Composition::factor, at::kFloat);
  }
};
AnsweringSetting& answering_setting() {
  static AnsweringSetting setting;
  return setting;
}

std::vector<std::string> answers(const model::Adapter& adapter, int batch,
                                 const std::vector<std::string>& prompts) {
  return answer(answering_setting().loaded, adapter, prompts, {.max_tokens = 16, .batch = batch});
}

// The base answers this task in its own form (the word); one module alone, find_letter, gives the
// letter.
TEST(Answer, AModuleChangesTheForm) {
  AnsweringSetting& s = answering_setting();
  const auto module =
      lora::read_module(kLibrary / "find_letter", "find_letter", s.loaded.model->architecture());
  const lora::Pool one = lora::stack({module}, s.loaded.model->architecture(), base::Device::cpu);
  const auto adapter = lora::compose(one, std::vector{1.0}, study::Composition::factor, at::kFloat);
  const auto hits = [&](const std::vector<std::string>& given) {
    int count = 0;
    for (size_t i = 0; i < given.size(); ++i) count += task::is_hit(given[i], s.rows[i].target);
    return count;
  };
  EXPECT_EQ(hits(answers({}, 10, s.prompts)), 0);
  EXPECT_GE(hits(answers(adapter, 10, s.prompts)), 20);
}

TEST(Answer, KeepsTheOrderWhateverBatchAndThreads) {
  AnsweringSetting& s = answering_setting();
  const auto one_by_one = answers(s.mixture, 1, s.prompts);
  EXPECT_EQ(answers(s.mixture, 25, s.prompts), one_by_one);
  s.loaded.threads = 3;
  EXPECT_EQ(answers(s.mixture, 4, s.prompts), one_by_one);
  s.loaded.threads = 1;
  std::vector<std::string> reversed(s.prompts.rbegin(), s.prompts.rend());
  auto backwards = answers(s.mixture, 4, reversed);
  std::reverse(backwards.begin(), backwards.end());
  EXPECT_EQ(backwards, one_by_one);
  EXPECT_THAT(answers(s.mixture, 4, {}), testing::IsEmpty());
}

// Options: the least cross entropy per token among those listed, each option scored alone here.
TEST(Answer, OptionsAreScoredByTokenMean) {
  const AnsweringSetting& s = answering_setting();
  const std::vector<std::string> prompts = {
      "the last of : dog cat\nOptions:\n- the answer is dog .\n- cat\n- zebra [ dog ]",
      s.prompts[0],  // lists none in BBH's way, or letters: as task::options says
      "is it ?\nOptions:\n- yes\n- no"};
  const auto got = answer(s.loaded, s.mixture, prompts,
                          {.scoring = study::Scoring::options, .max_tokens = 16, .batch = 2});
  const auto free = answers(s.mixture, 1, prompts);
  for (size_t i = 0; i < prompts.size(); ++i) {
    const std::vector<std::string> listed = task::options(prompts[i]);
    std::string best = listed.empty() ? free[i] : "";
    double least = std::numeric_limits<double>::infinity();
    for (const std::string& option : listed) {
      const std::vector<model::Tokens> pair = {{.source = s.loaded.tokenizer->encode(prompts[i]),
                                                .target = s.loaded.tokenizer->encode(option)}};
      const double loss = s.loaded.model->loss_sums(s.mixture, pair)[0] /
                          static_cast<double>(pair[0].target.size());
      if (loss < least) least = loss, best = option;
    }
    EXPECT_EQ(got[i], best) << prompts[i];
  }
  EXPECT_EQ(task::options(prompts[2]).size(), 2U);
}

// The first option would be right by luck.
TEST(Answer, WhereNothingIsFiniteNoOptionIsTheLikeliest) {
  const AnsweringSetting& s = answering_setting();
  std::vector<double> weights(20, 1e30);
  const auto overflowing = lora::compose(s.pool, weights, study::Composition::factor, at::kFloat);
  const std::vector<std::string> prompts = {"is it ?\nOptions:\n- yes\n- no", s.prompts[0]};
  EXPECT_THAT(answer(s.loaded, overflowing, prompts, {.scoring = study::Scoring::options}),
              testing::ElementsAre("", ""));
}

}  // namespace
}  // namespace lorahub::objective
