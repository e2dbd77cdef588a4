#include "study/losses.hpp"

#include <gtest/gtest.h>

#include "study/choices.hpp"
#include "study/trial.hpp"

namespace lorahub::study {
namespace {

TEST(Losses, EveryWordHasItsUnit) {
  const std::map<std::string, std::string> units{
      {"official", "nat"}, {"token_mean", "nat"}, {"example_mean", "nat"},
      {"accuracy", "1"},   {"similarity", "1"},   {"ask", "unit of its program"}};
  EXPECT_EQ(words<LossKind>().size(), units.size());
  for (const std::string& word : words<LossKind>())
    EXPECT_EQ(loss_unit({{"method", "lorahub"}, {"loss", word}}), units.at(word)) << word;
}

// A training on the shots reads no `loss`, and reports the official one.
TEST(Losses, ATrialThatReadsNoLossHasTheOfficialOneOrNone) {
  EXPECT_EQ(loss_unit({{"method", "full"}, {"loss", ""}}), "nat");
  EXPECT_EQ(loss_unit({{"method", "lorahub"}}), "nat");
  EXPECT_EQ(loss_unit({{"method", "zero_shot"}, {"loss", ""}}), "");
  EXPECT_EQ(loss_unit({}), "");
}

TEST(Losses, UnitsOfSeveralTrialsAreNamedOnce) {
  const auto of = [](const std::vector<std::string>& losses) {
    std::vector<std::map<std::string, std::string>> trials{{{"method", "zero_shot"}}};
    for (const std::string& loss : losses)
      trials.push_back({{"method", "lorahub"}, {"loss", loss}});
    return loss_units(trials);
  };
  EXPECT_EQ(of({"accuracy", "similarity"}), "1");
  EXPECT_EQ(of({"accuracy", "official", "token_mean"}), "nat or 1");
  EXPECT_EQ(of({}), "nat");
}

TEST(Losses, WhatReadsAnswersOrAsksHasNoGradient) {
  for (const LossInfo& loss : kLosses) {
    EXPECT_FALSE(loss.reads_answers && loss.has_gradient) << std::string_view(loss.word);
    EXPECT_EQ(of_entropies(loss.loss) == loss.loss, loss.has_gradient)
        << std::string_view(loss.word);
  }
}

}  // namespace
}  // namespace lorahub::study
