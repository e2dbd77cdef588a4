#include "study/check_loss.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/checkout.hpp"

namespace lorahub::study {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class CheckLoss : public StudyTest {
 protected:
  // The refusal of a study whose set has these knobs, too; "" where it is read.
  std::string said(const std::string& knobs) const {
    return refusal(head_ + "set: {task: t1, search.runs: 5, search.recommend: mean, " + knobs +
                   "}\n");
  }
};

TEST_F(CheckLoss, ShotsAreHeldOutOfRunsWhoseMeansAreAveraged) {
  EXPECT_EQ(said("loss.held_out: 1"), "");
  EXPECT_EQ(said("loss.held_out: 1, loss: accuracy"), "");
  for (const char* other : {"search.method: official", "search.method: random"})
    EXPECT_THAT(said(std::string("loss.held_out: 1, ") + other),
                StartsWith("s.yaml:3: shots are held out of the runs of CMA-ES"));
  EXPECT_THAT(refusal(head_ + "set: {task: t1, search.runs: 5, loss.held_out: 1}\n"),
              HasSubstr("set search.method: cma and search.recommend: mean"));
  EXPECT_THAT(said("loss.held_out: 1, loss: ask, loss.program: p"),
              HasSubstr("is asked for all shots at once"));
}

// Of K shots, H at a time, each is left out equally often by any multiple of K / gcd(K, H) runs.
TEST_F(CheckLoss, EveryShotIsHeldOutEquallyOften) {
  EXPECT_THAT(said("loss.held_out: 1, shots: 4"), HasSubstr("set search.runs to 4 or a multiple"));
  EXPECT_THAT(said("loss.held_out: 4, shots: 6"), HasSubstr("set search.runs to 3 or a multiple"));
  EXPECT_EQ(said("loss.held_out: 2, shots: 10"), "");
  EXPECT_EQ(said("loss.held_out: 1, shots: [3, 1, 4, 9, 7]"), "");
  EXPECT_THAT(said("loss.held_out: 5"), HasSubstr("5 of 5 shots are held out (a run would see"));
}

TEST_F(CheckLoss, AMethodThatDoesNotSearchReadsNone) {
  const std::string text =
      head_ + "set: {task: t1, search.runs: 5, search.recommend: mean}\n" +
      "vary: {method: [zero_shot, best_single, lorahub], loss.held_out: [0, 1]}\n";
  EXPECT_EQ(read(text).trials.size(), 4U);
}

// Ids and columns of trials that hold nothing out are those of earlier versions.
TEST_F(CheckLoss, NothingHeldOutIsNoPartOfTheIdentity) {
  const std::string text = head_ + "set: {task: t1, search.runs: 5, search.recommend: mean";
  const std::string plain = id(read(text + "}\n").trials[0]);
  EXPECT_EQ(id(read(text + ", loss.held_out: 0}\n").trials[0]), plain);
  EXPECT_NE(id(read(text + ", loss.held_out: 1}\n").trials[0]), plain);
}

}  // namespace
}  // namespace lorahub::study
