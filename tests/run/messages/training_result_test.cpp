#include "run/messages/training_result.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace lorahub::run {
namespace {

TEST(TrainingResult, ComesThroughAsBytes) {
  const TrainingResult sent{.loss = 3.5,
                            .answers = {"a", "", std::string("b\0c", 3)},
                            .shot_sums = {1, 2, 3},
                            .steps = 7,
                            .backwards = 1L << 40};
  const auto got = base::decode<TrainingResult>(base::encode(sent));
  EXPECT_EQ(got.loss, sent.loss);
  EXPECT_EQ(got.answers, sent.answers);
  EXPECT_EQ(got.shot_sums, sent.shot_sums);
  EXPECT_EQ(got.steps, sent.steps);
  EXPECT_EQ(got.backwards, sent.backwards);
}

TEST(TrainingResult, OfNothingComesThrough) {
  const auto got = base::decode<TrainingResult>(base::encode(TrainingResult{}));
  EXPECT_TRUE(got.answers.empty());
  EXPECT_TRUE(got.shot_sums.empty());
  EXPECT_TRUE(std::isnan(got.loss));
}

TEST(TrainingResult, ThatContradictsItselfIsRefused) {
  const auto refused = [](const TrainingResult& result) {
    EXPECT_THROW(base::decode<TrainingResult>(base::encode(result)), base::Error);
  };
  refused({.answers = {}, .shot_sums = {}, .steps = -1});
  refused({.answers = {}, .shot_sums = {}, .backwards = -1});
}

}  // namespace
}  // namespace lorahub::run
