#include "study/check_composition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "study/checkout.hpp"
#include "study/compositions.hpp"

namespace lorahub::study {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class CheckComposition : public StudyTest {
 protected:
  // The refusal of a study whose set has these knobs, too; "" where it is read.
  std::string said(const std::string& knobs) const {
    return refusal(head_ + "set: {task: t1, " + knobs + "}\n");
  }
  std::string id_of(const std::string& knobs) const {
    return id(read(head_ + "set: {task: t1, " + knobs + "}\n").trials[0]);
  }
};

TEST_F(CheckComposition, SearchesAndAveragesTakeEachOfThem) {
  for (const CompositionInfo& row : kCompositions)
    for (const char* method : {"lorahub", "random_lora", "uniform"})
      EXPECT_EQ(
          said(base::format("method: {}, composition: {}", method, std::string_view(row.word))),
          "");
}

TEST_F(CheckComposition, AModuleAloneIsMeasuredOnlyByAFormThatKeepsIt) {
  for (const char* kept : {"factor", "product", "linear", "svd"})
    EXPECT_EQ(said(std::string("method: best_single, composition: ") + kept), "");
  for (const char* changed : {"ties", "dare_linear", "dare_ties", "magnitude_prune", "arrow"})
    EXPECT_THAT(said(std::string("method: best_single, composition: ") + changed),
                StartsWith(std::string("s.yaml:3: method best_single has no composition '") +
                           changed + "'"));
}

TEST_F(CheckComposition, GradientsProgramsAndDeltasAreRefusedWhereTheyMakeNoSense) {
  EXPECT_THAT(said("method: gradient, composition: ties"),
              HasSubstr("its gradient is that of factor and of product"));
  EXPECT_THAT(said("loss: ask, loss.program: p, composition: svd"),
              HasSubstr("is not asked for composition 'svd'"));
  EXPECT_THAT(said("precision: delta-bf16, composition: arrow"),
              HasSubstr("composition arrow has no precision delta-bf16"));
  EXPECT_EQ(said("precision: bf16, composition: arrow"), "");
  EXPECT_EQ(said("precision: delta-bf16, composition: ties"), "");
}

// Their defaults, too: a study that says no composition has `factor`.
TEST_F(CheckComposition, MethodsThatWeighEachInputTakeTheFormsOfTheirSources) {
  EXPECT_EQ(said("method: logo, composition: product"), "");
  EXPECT_THAT(
      said("method: logo"),
      StartsWith("s.yaml:3: method logo has no composition 'factor' (it weighs what modules "
                 "add to an input), give it product"));
  EXPECT_EQ(said("method: retriever, composition: product"), "");
  EXPECT_EQ(said("method: retriever"), "");
  for (const char* other : {"linear", "svd", "ties", "arrow"})
    for (const char* method : {"logo", "retriever"})
      EXPECT_THAT(said(base::format("method: {}, composition: {}", method, other)),
                  HasSubstr(base::format("method {} has no composition '{}'", method, other)));
}

TEST_F(CheckComposition, AShareIsAboveZeroAndAtMostOne) {
  EXPECT_EQ(said("composition: ties, composition.density: 1"), "");
  EXPECT_THAT(said("composition: ties, composition.density: 1.01"), HasSubstr("is too large"));
  EXPECT_THAT(said("composition: ties, composition.density: 0"), HasSubstr("must be above 0"));
}

// Ids of trials that do not read them are those of earlier versions.
TEST_F(CheckComposition, SettingsArePartOfTheIdentityWhereTheyAreRead) {
  const std::string averaged = "method: uniform, composition: ";
  EXPECT_EQ(id_of(averaged + "linear"), id_of(averaged + "linear, composition.density: 0.5"));
  EXPECT_NE(id_of(averaged + "ties"), id_of(averaged + "ties, composition.density: 0.5"));
  EXPECT_EQ(id_of(averaged + "ties"), id_of(averaged + "ties, seed.search: 2"));
  EXPECT_NE(id_of(averaged + "dare_ties"), id_of(averaged + "dare_ties, seed.search: 2"));
  EXPECT_NE(id_of(averaged + "svd"), id_of(averaged + "svd, composition.rank: 3"));
  EXPECT_NE(id_of(averaged + "arrow"), id_of(averaged + "arrow, composition.experts: 2"));
  EXPECT_EQ(id_of(averaged + "linear"), id_of(averaged + "linear, uniform.weight: 0"));
  EXPECT_NE(id_of(averaged + "linear"), id_of(averaged + "linear, uniform.weight: 1"));
}

}  // namespace
}  // namespace lorahub::study
