#include "objective/recorded_loss.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace lorahub::objective {
namespace {

const std::vector<double> kPoint{0.5, -1.5}, kShotSums{2.0, 3.0, 7.0};
const std::vector<int> kShotTokens{2, 1, 3};

double loss_of(const study::Trial& trial) {
  return recorded_loss(trial, kPoint, kShotSums, kShotTokens);
}

study::Trial searched(study::LossKind loss) {
  study::Trial trial;
  trial.method = study::Method::lorahub;
  trial.loss = loss;
  trial.penalty = {.kind = study::PenaltyKind::l1_mean, .weight = 0.05};
  return trial;
}

// By hand: the sums are 12, the tokens 6, the shots 3; mean |w| is 1.
TEST(RecordedLoss, IsThatOfTheFormula) {
  EXPECT_DOUBLE_EQ(loss_of(searched(study::LossKind::official)), 12.0 / 6 / 3 + 0.05);
  EXPECT_DOUBLE_EQ(loss_of(searched(study::LossKind::token_mean)), 12.0 / 6 + 0.05);
  EXPECT_DOUBLE_EQ(loss_of(searched(study::LossKind::example_mean)),
                   (2.0 / 2 + 3.0 / 1 + 7.0 / 3) / 3 + 0.05);
}

TEST(RecordedLoss, OfAMethodWithoutAPenaltyHasNone) {
  study::Trial trial = searched(study::LossKind::official);
  trial.method = study::Method::best_single;
  EXPECT_DOUBLE_EQ(loss_of(trial), 12.0 / 6 / 3);
}

TEST(RecordedLoss, IsUnknownWhereItDependsOnMore) {
  for (const study::LossKind kind :
       {study::LossKind::accuracy, study::LossKind::similarity, study::LossKind::ask})
    EXPECT_TRUE(std::isnan(loss_of(searched(kind))));
  study::Trial trial = searched(study::LossKind::official);
  trial.precision = study::Precision::bf16;
  EXPECT_EQ(std::isnan(loss_of(trial)), study::exact(trial.precision) != trial.precision);
  trial = searched(study::LossKind::official);
  trial.method = study::Method::gradient;
  EXPECT_FALSE(std::isnan(loss_of(trial)));
  trial.precision = study::Precision::bf16;
  EXPECT_TRUE(std::isnan(loss_of(trial)));
  trial.precision = study::Precision::f32;
  trial.train.smoothing = 0.1;
  EXPECT_TRUE(std::isnan(loss_of(trial)));
  EXPECT_TRUE(std::isnan(recorded_loss(searched(study::LossKind::official), kPoint, {}, {})));
  EXPECT_TRUE(
      std::isnan(recorded_loss(searched(study::LossKind::official), {}, kShotSums, kShotTokens)));
  EXPECT_TRUE(std::isnan(
      recorded_loss(searched(study::LossKind::official), kPoint, kShotSums, std::vector<int>{1})));
}

}  // namespace
}  // namespace lorahub::objective
