// An evaluation that writes what it told into the journal, and reads it from there
// (store/journal.hpp).
#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

#include "samples.hpp"
#include "store/journal.hpp"

namespace lorahub::store {
namespace {

using samples::Folder;
using samples::message_of;
using testing::HasSubstr;

const std::string kSomeTrial = "0123456789abcdef";

search::Losses sum_of_weights(const search::Population& population) {
  search::Losses losses;
  for (int p = 0; p < population.size(); ++p)
    losses.push_back(population.row(p)[0] + 2 * population.row(p)[1]);
  return losses;
}

TEST(Recorded, KeepsTheCauseOfWhatCouldNotBeEvaluated) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  {
    Journal journal(file);
    journal.start(kSomeTrial, {});
    const auto evaluate = [](const search::Population& population) {
      search::Losses losses = sum_of_weights(population);
      losses[1] = samples::kInfinity;
      return search::Evaluation(losses, {{.candidate = 1, .cause = "out of memory"}});
    };
    recorded(evaluate, journal, kSomeTrial)(samples::generations(0)[0].population);
  }
  const auto told = read_journal(file).told.at(kSomeTrial).at(0);
  ASSERT_EQ(told.faults.size(), 1U);
  EXPECT_EQ(told.faults[0].candidate, 1);
  EXPECT_EQ(told.faults[0].cause, "out of memory");
}

TEST(Recorded, KeepsTheGradientOfALoneCandidate) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  const search::Population asked{.dim = 2, .weights = {0.1, 1.0 / 3}};
  const std::vector<double> gradient{-1e-17, 2.0 / 3};
  {
    Journal journal(file);
    journal.start(kSomeTrial, {});
    const auto evaluate = [&](const search::Population&) {
      search::Evaluation found({1.5});
      found.gradient = gradient;
      return found;
    };
    EXPECT_EQ(recorded(evaluate, journal, kSomeTrial)(asked).gradient, gradient);
  }
  Journal journal(file);
  const search::Evaluate never = [](const search::Population&) -> search::Evaluation {
    throw std::logic_error("what was recorded is computed again");
  };
  const search::Evaluation told = recorded(never, journal, kSomeTrial)(asked);
  EXPECT_EQ(told.losses, (search::Losses{1.5}));
  EXPECT_EQ(told.gradient, gradient);
}

TEST(Recorded, FeedsBackWhatWasToldAndGoesOn) {
  const Folder folder;
  const auto file = folder / "journal.ndj";
  const auto generations = samples::generations(0);
  int calls = 0;
  const search::Evaluate evaluate = [&](const search::Population& population) {
    ++calls;
    return sum_of_weights(population);
  };
  std::vector<search::Losses> first;
  {
    Journal journal(file);
    journal.start(kSomeTrial, {});
    const auto f = recorded(evaluate, journal, kSomeTrial);
    for (size_t g = 0; g < 2; ++g) first.push_back(f(generations[g].population).losses);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(read_journal(file).told.at(kSomeTrial).size(), 2u)
        << "on the disk before the loss is returned";
  }
  Journal journal(file);
  const auto never = recorded(
      [](const search::Population&) -> search::Losses { throw std::logic_error("was told"); },
      journal, kSomeTrial);
  for (size_t g = 0; g < 2; ++g) EXPECT_EQ(never(generations[g].population).losses, first[g]);
  EXPECT_THROW(never(generations[2].population), std::logic_error);
  EXPECT_EQ(journal.history().told.at(kSomeTrial).size(), 2u);

  const auto f = recorded(evaluate, journal, kSomeTrial);
  for (const auto& g : generations) EXPECT_EQ(f(g.population).losses, sum_of_weights(g.population));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(journal.history().told.at(kSomeTrial).size(), 3u);

  journal.start("fedcba9876543210", {});
  const auto other = recorded(evaluate, journal, "fedcba9876543210");
  other(generations[0].population);
  EXPECT_EQ(calls, 4) << "another trial";
}

TEST(Recorded, OtherWeightsThanToldAreAnError) {
  const Folder folder;
  Journal journal(folder / "journal.ndj");
  const search::Population told{.dim = 2, .weights = {0.0, 0.5}};
  recorded(sum_of_weights, journal, kSomeTrial)(told);
  for (const auto& weights : {std::vector{-0.0, 0.5}, std::vector{0.0, std::nextafter(0.5, 1.0)},
                              std::vector{0.0, 0.5, 0.0, 0.5}}) {
    const auto f = recorded(sum_of_weights, journal, kSomeTrial);
    EXPECT_THAT(message_of([&] { f({.dim = 2, .weights = weights}); }),
                HasSubstr("generation 1 of trial " + kSomeTrial));
  }
  EXPECT_THAT(message_of([&] {
                recorded(sum_of_weights, journal, kSomeTrial)({.dim = 1, .weights = {0.0, 0.5}});
              }),
              HasSubstr("other weights"));
  EXPECT_EQ(recorded(sum_of_weights, journal, kSomeTrial)(told).losses, (search::Losses{1.0}));
}

}  // namespace
}  // namespace lorahub::store
