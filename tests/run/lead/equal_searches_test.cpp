// Searches that ask for the same candidates compute them once, and record them as their own.
#include "run/lead/equal_searches.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "base/check.hpp"
#include "run/small_study.hpp"
#include "study/trial.hpp"

namespace lorahub::run {
namespace {

study::Trial trial(int budget, uint64_t seed = 1) {
  study::Trial t{.model = "m", .library = "l", .task = "t"};
  t.search.budget = budget;
  t.seed.search = seed;
  return t;
}

search::Population asked(double weight) { return {.dim = 2, .weights = {weight, 2}}; }

struct Counting {
  int calls = 0;
  double borrowed = 0;
  std::vector<search::Fault> faults;
  search::Evaluate once(const std::shared_ptr<KnownGenerations>& known) {
    return run::once(
        [this](const search::Population& p) {
          ++calls;
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
          return search::Evaluation({10 * p.weights[0]}, faults);
        },
        known, [this](double seconds) { borrowed += seconds; });
  }
};

TEST(EqualSearches, TrialsAlikeComputeAGenerationOnce) {
  study::Trial options = trial(40);
  options.scoring = study::Scoring::options;
  const std::vector<study::Trial> trials{trial(40), trial(400), options, trial(40, 2)};
  EqualSearches shared(trials);
  EXPECT_EQ(shared.told(trials[3]), nullptr);  // another seed asks for other candidates
  Counting counting;
  for (int i = 0; i < 3; ++i) {
    const search::Evaluate mine = counting.once(shared.told(trials[static_cast<size_t>(i)]));
    EXPECT_EQ(mine(asked(1)).losses, search::Losses{10});
    EXPECT_EQ(counting.calls, 1 + i);
    EXPECT_EQ(mine(asked(i + 2)).losses, search::Losses{10.0 * (i + 2)});
    EXPECT_EQ(counting.calls, 2 + i);
    EXPECT_GE(counting.borrowed, 0.002 * i);
  }
  EXPECT_EQ(shared.told(trials[0]), nullptr);  // all have asked: nothing is kept
}

TEST(EqualSearches, SingleModulesAreMeasuredOnceForEachScoring) {
  study::Trial single = trial(0), options = single;
  single.method = options.method = study::Method::best_single;
  options.scoring = study::Scoring::options;
  study::Trial base = single;
  base.method = study::Method::uniform;  // asks for nothing
  EqualSearches shared({single, options, base, base});
  EXPECT_NE(shared.told(single), nullptr);
  EXPECT_NE(shared.told(options), nullptr);
  EXPECT_EQ(shared.told(base), nullptr);
}

// A search that asks while another computes waits for it, and computes itself where that one fails.
TEST(EqualSearches, AtTheSameTimeAGenerationIsComputedOnce) {
  const std::vector<study::Trial> trials{trial(40), trial(400), trial(4000)};
  for (const bool fails : {false, true}) {
    EqualSearches shared(trials);
    std::latch computing(1);
    std::atomic<int> calls = 0;
    const auto slow = [&](const search::Population&) {
      if (calls++ == 0) {
        computing.count_down();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        if (fails) throw base::Error("lost");
      }
      return search::Losses{7};
    };
    const auto ask = [&](size_t i) {
      return once(slow, shared.told(trials[i]), [](double) {})(asked(1)).losses;
    };
    std::jthread first([&] {
      if (fails)
        EXPECT_THROW(ask(0), base::Error);
      else
        EXPECT_EQ(ask(0), search::Losses{7});
    });
    computing.wait();
    std::jthread second([&] { EXPECT_EQ(ask(1), search::Losses{7}); });
    EXPECT_EQ(ask(2), search::Losses{7});
    first.join();
    second.join();
    EXPECT_EQ(calls, fails ? 2 : 1);
  }
}

TEST(EqualSearches, AGenerationWithFaultsIsComputedByEach) {
  const std::vector<study::Trial> trials{trial(40), trial(400)};
  EqualSearches shared(trials);
  Counting counting;
  const search::Evaluate first = counting.once(shared.told(trials[0])),
                         second = counting.once(shared.told(trials[1]));
  first(asked(1));
  counting.faults = {{.candidate = 0, .cause = "why"}};
  EXPECT_EQ(first(asked(2)).faults.size(), 1U);
  EXPECT_TRUE(second(asked(1)).faults.empty());  // computed by the first, without faults
  EXPECT_EQ(counting.calls, 2);
  EXPECT_EQ(second(asked(2)).faults.size(), 1U);
  EXPECT_EQ(counting.calls, 3);
}

// The twin waits for no rank, and its records are those of a run of its own.
TEST(EqualSearches, RecordsAreThoseOfATrialAlone) {
  const auto folder = fresh_folder("shared");
  write_study(folder, R"(question: q
uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}
set: {shots: 5, modules: 6, search.budget: 20, search.population: 10, max_tokens: 8, task: E1_isa_letter}
vary: {scoring: [generate, options]}
)");
  const Ended both = run_study(folder, "", "--groups 1");
  ASSERT_EQ(both.code, 0) << both.err;
  const store::History together = store::read_journal(folder / "out/journal.ndj");
  std::filesystem::rename(folder / "out", folder / "together");
  const Ended one = run_study(folder, "", "--only scoring=options");
  ASSERT_EQ(one.code, 0) << one.err;
  const store::History alone = store::read_journal(folder / "out/journal.ndj");
  ASSERT_EQ(alone.finished.size(), 1U);
  const auto& [id, record] = *alone.finished.begin();
  const store::Record& twin = together.finished.at(id);
  EXPECT_EQ(twin.counts.evaluations, 20);
  EXPECT_EQ(twin.weights, record.weights);
  EXPECT_EQ(twin.best_loss, record.best_loss);
  ASSERT_EQ(twin.generations.size(), 2U);
  for (size_t g = 0; g < 2; ++g)
    EXPECT_EQ(twin.generations[g].losses, record.generations[g].losses);
  std::multiset<long> waits;
  for (const auto& [name, finished] : together.finished) waits.insert(finished.timing.waits);
  EXPECT_EQ(waits.count(0), 1U);
}

}  // namespace
}  // namespace lorahub::run
