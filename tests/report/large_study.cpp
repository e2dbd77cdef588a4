// Writes a made-up study of 10,000 trials and 1,000,000 evaluations: 25 tasks, 8 conditions, 5
// draws of modules x 5 of shots x 2 search seeds, 100 test rows. With 20 search seeds it has
// 100,000 trials and 10,000,000 evaluations.   large_study FILE.h5 [SEARCH_SEEDS]
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "base/random.hpp"
#include "base/text.hpp"
#include "store/hdf5.hpp"

namespace lorahub {
namespace {

constexpr int kTasks = 25, kModuleDraws = 5, kShotDraws = 5;
constexpr int kRows = 100, kModules = 20, kPopulation = 10;
constexpr int kEvaluations = 160;  // in each of 6,250 searches

struct Condition {
  const char *method, *search, *budget;
  double accuracy;
};
constexpr Condition kConditions[] = {
    {"zero_shot", "", "", 10},          {"icl", "", "", 50},
    {"best_single", "", "", 45},        {"random_lora", "cma", "160", 12},
    {"lorahub", "official", "160", 50}, {"lorahub", "cma", "160", 55},
    {"lorahub", "cma", "1600", 60},     {"lorahub", "random", "160", 40}};

class Study {
 public:
  explicit Study(int search_seeds) {
    history_.headers = {{.study = "large", .question = "Is the report quick?", .yaml = "x"}};
    for (int task = 0; task < kTasks; ++task)
      for (const Condition& condition : kConditions)
        for (int m = 0; m < kModuleDraws; ++m)
          for (int s = 0; s < kShotDraws; ++s)
            for (int r = 0; r < search_seeds; ++r) add(task, condition, {m, s, r});
  }
  void write(const char* file) const { store::write_hdf5(file, history_, planned_); }

 private:
  void add(int task, const Condition& condition, const std::array<int, 3>& seeds) {
    const std::string id = base::format("{:016x}", planned_.size());
    store::Record r{.trial = id,
                    .knobs = {{"task", base::format("task_{}", task)},
                              {"method", condition.method},
                              {"composition", condition.search[0] ? "factor" : ""},
                              {"search.method", condition.search},
                              {"search.budget", condition.budget},
                              {"seed.modules", base::format("{}", seeds[0])},
                              {"seed.shots", base::format("{}", seeds[1])},
                              {"seed.search", base::format("{}", seeds[2])}}};
    int hits = 0;
    for (int row = 0; row < kRows; ++row) {
      const bool hit = 100 * random_.uniform() < condition.accuracy;
      hits += hit ? 1 : 0;
      r.answers.push_back({.row = row,
                           .input_sha256 = std::string(64, 'a'),
                           .target = "(A)",
                           .answer = hit ? "(A)" : "(B)",
                           .hit = hit});
    }
    r.accuracy = hits;
    r.best_loss = r.zero_loss = std::numeric_limits<double>::quiet_NaN();
    r.counts.answer_tokens = 100 * kRows;
    if (condition.search[0]) search(r);
    planned_.push_back({.id = id, .knobs = r.knobs});
    history_.finished.emplace(id, std::move(r));
  }

  void search(store::Record& r) {
    for (int n = 0; n < kModules; ++n) {
      r.modules.push_back(base::format("module_{}", n));
      r.weights.push_back(random_.normal());
    }
    for (int g = 0; g < kEvaluations / kPopulation; ++g) {
      search::Generation generation{.population = {.dim = kModules}};
      for (int p = 0; p < kPopulation; ++p) {
        generation.population.weights.insert(generation.population.weights.end(), kModules, 0.1);
        generation.losses.push_back(std::exp(random_.normal() - 0.1 * g));
      }
      r.generations.push_back(std::move(generation));
    }
    r.counts = {.evaluations = kEvaluations,
                .rounds = kEvaluations / kPopulation,
                .example_forwards = 5 * kEvaluations,
                .search_tokens = 500 * kEvaluations,
                .answer_tokens = 100 * kRows};
  }

  base::Stream random_{1, "large study"};
  store::History history_;
  std::vector<store::PlannedTrial> planned_;
};

}  // namespace
}  // namespace lorahub

int main(int argc, char** argv) {
  lorahub::Study(argc > 2 ? std::stoi(argv[2]) : 2).write(argv[1]);
  return 0;
}
