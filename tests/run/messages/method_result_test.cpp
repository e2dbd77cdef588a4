#include "run/messages/method_result.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace lorahub::run {
namespace {

TEST(MethodResult, ComesThroughAsBytes) {
  MethodResult sent{.weights = {0.5, -1.25},
                    .loss = 3.5,
                    .answers = {"a", "", std::string("b\0c", 3)},
                    .shot_sums = {1, 2, 3},
                    .steps = 7,
                    .backwards = 1L << 40};
  sent.generations.push_back({.population = {.dim = 2, .weights = {0.1, 0.2}}, .losses = {4}});
  sent.generations.push_back({.population = {.dim = 2, .weights = {0.3, 0.4}}, .losses = {5}});
  const MethodResult got = base::decode<MethodResult>(base::encode(sent));
  EXPECT_EQ(got.weights, sent.weights);
  EXPECT_EQ(got.loss, sent.loss);
  EXPECT_EQ(got.answers, sent.answers);
  EXPECT_EQ(got.shot_sums, sent.shot_sums);
  EXPECT_EQ(got.steps, sent.steps);
  EXPECT_EQ(got.backwards, sent.backwards);
  ASSERT_EQ(got.generations.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(got.generations[i].population.dim, 2);
    EXPECT_EQ(got.generations[i].population.weights, sent.generations[i].population.weights);
    EXPECT_EQ(got.generations[i].losses, sent.generations[i].losses);
  }
}

TEST(MethodResult, OfNothingComesThrough) {
  const MethodResult got = base::decode<MethodResult>(base::encode(MethodResult{}));
  EXPECT_TRUE(got.weights.empty());
  EXPECT_TRUE(got.answers.empty());
  EXPECT_TRUE(got.generations.empty());
  EXPECT_TRUE(std::isnan(got.loss));
}

TEST(MethodResult, ThatContradictsItselfIsRefused) {
  const auto refused = [](const MethodResult& result) {
    EXPECT_THROW(base::decode<MethodResult>(base::encode(result)), base::Error);
  };
  refused({.weights = {0.5}, .steps = -1});
  refused({.weights = {0.5}, .backwards = -1});
  refused({.weights = {0.5},
           .generations = {{.population = {.dim = 2, .weights = {0.1, 0.2}}, .losses = {1}}}});
  refused({.weights = {0.5},
           .generations = {{.population = {.dim = 1, .weights = {0.1, 0.2}}, .losses = {1}}}});
}

}  // namespace
}  // namespace lorahub::run
