#include <gtest/gtest.h>

#include <set>

#include "study/choices.hpp"
#include "study/folder.hpp"
#include "study/methods.hpp"

namespace lorahub::study {
namespace {

template <class Enum>
void expect_round_trip(Enum last) {
  const auto& list = words<Enum>();
  ASSERT_EQ(list.size(), static_cast<size_t>(last) + 1);
  for (size_t i = 0; i < list.size(); ++i) {
    const auto value = parse<Enum>(list[i], "knob");
    EXPECT_EQ(static_cast<size_t>(value), i) << list[i];
    EXPECT_EQ(name(value), list[i]);
  }
  EXPECT_EQ(std::set<std::string>(list.begin(), list.end()).size(), list.size());
}

TEST(Names, EveryWordComesBack) {
  expect_round_trip(Method::retriever);
  expect_round_trip(InputSignal::entropy);
  expect_round_trip(Composition::arrow);
  expect_round_trip(LossKind::ask);
  expect_round_trip(PenaltyKind::none);
  expect_round_trip(SearchMethod::random);
  expect_round_trip(Precision::delta_int8);
  expect_round_trip(Engine::reference);
  expect_round_trip(Scoring::options);
}

TEST(Names, WordsStandForTheirEnumerators) {
  EXPECT_EQ(parse<Method>("random_lora", "method"), Method::random_lora);
  EXPECT_EQ(parse<Method>("lora_tuning", "method"), Method::lora_tuning);
  EXPECT_EQ(parse<Composition>("product", "composition"), Composition::product);
  EXPECT_EQ(parse<LossKind>("token_mean", "loss"), LossKind::token_mean);
  EXPECT_EQ(parse<PenaltyKind>("l1_sum", "penalty.kind"), PenaltyKind::l1_sum);
  EXPECT_EQ(parse<SearchMethod>("official", "search.method"), SearchMethod::official);
  EXPECT_EQ(parse<Precision>("bf16", "precision"), Precision::bf16);
  EXPECT_EQ(parse<Precision>("delta-bf16", "precision"), Precision::delta_bf16);
  EXPECT_EQ(parse<Scoring>("options", "scoring"), Scoring::options);
}

TEST(Names, UnknownWordNamesTheNearestAndAll) {
  EXPECT_EQ(
      error_of([] { parse<LossKind>("oficial", "loss"); }),
      "unknown loss 'oficial' (known: official, token_mean, example_mean, accuracy, similarity, "
      "ask), did you mean 'official'?");
  EXPECT_NE(error_of([] { parse<Precision>("F32", "precision"); }), "");
  EXPECT_NE(error_of([] { parse<Precision>("", "precision"); }), "");
}

}  // namespace
}  // namespace lorahub::study
