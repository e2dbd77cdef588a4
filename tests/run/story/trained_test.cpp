// The gradient baselines on the mini-lab: what they record, and that they learn.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "payload.hpp"
#include "process.hpp"
#include "store/journal.hpp"

namespace lorahub {
namespace {

using Records = std::map<std::string, store::Record>;  // by method

struct Ran {
  std::string launcher = "", methods = "lora_tuning, ia3, full, gradient";
};

std::filesystem::path begin(const std::string& set, const std::string& methods) {
  const auto folder = fresh_folder("trained");
  std::ofstream(folder / "small.yaml")
      << "question: Do they learn?\nuses: {model: mini, library: mini, tasks: mini/all}\nset: {"
      << set << "}\nvary: {method: [" << methods << "]}\n";
  return folder;
}

Records go_on(const std::filesystem::path& folder, const std::string& launcher) {
  const Ended ended =
      run_command("LORAHUB_CONFIGS=" SOURCE_DIR "/configs " + launcher + " " PROGRAM " run " +
                  quoted(folder / "small.yaml") + " --quiet --out " + quoted(folder / "out"));
  EXPECT_EQ(ended.code, 0) << ended.err;
  const Ended checked = run_command(PROGRAM " check " + quoted(folder / "out/out.h5"));
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  Records by_method;
  for (const auto& [id, record] : store::read_journal(folder / "out/journal.ndj").finished)
    for (const auto& [knob, value] : record.knobs)
      if (knob == "method") by_method[value] = record;
  return by_method;
}

Records run(const std::string& set, const Ran& how = {}) {
  return go_on(begin(set, how.methods), how.launcher);
}

std::string resolved(const store::Record& record, const std::string& name) {
  for (const auto& [key, value] : record.resolved)
    if (key == name) return value;
  return "";
}

TEST(Trained, MethodsLearnTheShotsAndCountWhatTheyCost) {
  const auto found = run("task: E1_isa_letter, shots: 5, modules: 8, seed: 1");
  for (const std::string method : {"lora_tuning", "full"}) {
    const store::Record& record = found.at(method);
    EXPECT_GT(record.accuracy, 80) << method;  // the base has 0
    EXPECT_LT(record.best_loss, 0.01) << method;
    EXPECT_TRUE(record.weights.empty());
  }
  for (const auto& [method, record] : found) {
    EXPECT_EQ(record.counts.rounds, 40) << method;  // 40 epochs of one batch
    EXPECT_EQ(record.counts.example_forwards, 40 * 5 * 3) << method;
    EXPECT_EQ(resolved(record, "train.backwards"), "200") << method;
    EXPECT_EQ(record.shot_sums.size(), 5U) << method;
  }
  EXPECT_EQ(resolved(found.at("ia3"), "train.lr"), "0.003");
  const store::Record& gradient = found.at("gradient");
  EXPECT_EQ(gradient.generations.size(), 40U);
  EXPECT_LT(gradient.best_loss, gradient.generations.front().losses.front() / 2);
  EXPECT_EQ(gradient.counts.evaluations, 40);
}

// From the same start, with half of the backward passes.
TEST(Trained, BfgsNeedsNoRateAndFewerStepsThanAdam) {
  const std::string set =
      "task: D8_after_brack, composition: product, modules: all, retrieve: none, shots: 5, seed: "
      "1, "
      "train.epochs: ";
  const Ran ran{.methods = "gradient"};
  const store::Record adam = run(set + "40", ran).at("gradient");
  const store::Record bfgs = run(set + "20, train.descent: bfgs", ran).at("gradient");
  EXPECT_EQ(bfgs.generations.front().losses, adam.generations.front().losses);
  EXPECT_LT(bfgs.best_loss, adam.best_loss);
  EXPECT_EQ(bfgs.counts.evaluations, 20);
  EXPECT_EQ(bfgs.counts.example_forwards, 20 * 5 * 3);
  EXPECT_EQ(resolved(bfgs, "train.lr"), "");
  EXPECT_EQ(resolved(adam, "train.lr"), "0.05");
  EXPECT_NE(bfgs.trial, adam.trial);
}

// Enough shots for several requests a step, which ranks share.
const std::string kSharedSteps =
    "task: E1_isa_letter, shots: 20, modules: 6, seed: 2, train.epochs: 8, train.descent: bfgs";

TEST(Trained, RanksShareTheStepsOfAGradientToTheSameBits) {
  const store::Record one = run(kSharedSteps, {.methods = "gradient"}).at("gradient");
  const store::Record three =
      run(kSharedSteps, {.launcher = "mpirun -np 3", .methods = "gradient"}).at("gradient");
  EXPECT_EQ(one.weights, three.weights);
  EXPECT_EQ(one.shot_sums, three.shot_sums);
}

// A step measures four points, which ranks share.
TEST(Trained, ASmoothedGradientHasTheSameBitsOnRanksAndItsCost) {
  const std::string set = kSharedSteps + ", train.smoothing: 0.1";
  const store::Record one = run(set, {.methods = "gradient"}).at("gradient");
  const store::Record three =
      run(set, {.launcher = "mpirun -np 3", .methods = "gradient"}).at("gradient");
  EXPECT_EQ(one.weights, three.weights);
  EXPECT_EQ(one.shot_sums, three.shot_sums);
  EXPECT_EQ(one.counts.evaluations, 8);
  EXPECT_EQ(one.counts.example_forwards, 8 * 4 * 20 * 3);
  const store::Record sharp = run(kSharedSteps, {.methods = "gradient"}).at("gradient");
  EXPECT_NE(one.weights, sharp.weights);
  EXPECT_NE(one.trial, sharp.trial);
}

// The journal as a kill leaves it after so many lines that have a word; what it keeps.
std::string cut_behind(const std::filesystem::path& folder, const std::string& word, int count) {
  const auto journal = folder / "out/journal.ndj";
  std::istringstream lines(read_all(journal));
  std::string kept;
  int found = 0;
  for (std::string line; found < count && std::getline(lines, line); kept += line + "\n")
    if (line.find(word) != std::string::npos) ++found;
  EXPECT_EQ(found, count);
  std::filesystem::remove(folder / "out/out.h5");
  std::ofstream(journal, std::ios::trunc) << kept;
  return kept;
}

// What the journal holds is not computed again.
TEST(Trained, AGradientGoesOnFromTheStepsThatAreRecorded) {
  const auto folder = begin(kSharedSteps, "gradient");
  const store::Record whole = go_on(folder, "").at("gradient");
  const std::string kept = cut_behind(folder, "\"gradient\":[", 3);
  const store::Record again = go_on(folder, "mpirun -np 2").at("gradient");
  EXPECT_EQ(again.weights, whole.weights);
  ASSERT_EQ(again.generations.size(), 8U);
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(again.generations[i].population.weights, whole.generations[i].population.weights);
    EXPECT_EQ(again.generations[i].losses, whole.generations[i].losses) << i;
    EXPECT_EQ(again.generations[i].gradient, whole.generations[i].gradient) << i;
  }
  const std::string now = read_all(folder / "out/journal.ndj");
  EXPECT_EQ(now.compare(0, kept.size(), kept), 0) << "the steps before stand as they were";
}

// Which modules are kept is no part of the journal: they are found again, and are the same ones.
TEST(Trained, ASearchOfTheSteepestModulesGoesOnToTheSameBits) {
  for (const std::string method : {"lorahub", "gradient"}) {
    const auto folder = begin(
        "task: E1_isa_letter, shots: 5, modules: all, retrieve: slope 3, composition: "
        "product, seed: 2, search.population: 5, search.budget: 20, train.epochs: 8",
        method);
    const store::Record whole = go_on(folder, "").at(method);
    ASSERT_EQ(whole.modules.size(), 3U);
    cut_behind(folder, "\"kind\":\"generation\"", 2);
    const store::Record again = go_on(folder, "mpirun -np 2").at(method);
    EXPECT_EQ(again.modules, whole.modules) << method;
    EXPECT_EQ(payload_of(again), payload_of(whole)) << method;
    EXPECT_EQ(again.counts.example_forwards, whole.counts.example_forwards) << method;
  }
}

TEST(Trained, RanksAndThreadsChangeNoBit) {
  const std::string set =
      "task: E1_isa_letter, shots: 5, modules: 4, seed: 2, train.epochs: 3, precision: bf16";
  const Records one = run(set);
  const Records three = run(set, {.launcher = "mpirun -np 3"});
  for (const auto& [method, record] : one) {
    const store::Record& other = three.at(method);
    EXPECT_EQ(record.shot_sums, other.shot_sums) << method;
    EXPECT_EQ(record.weights, other.weights) << method;
    EXPECT_EQ(record.accuracy, other.accuracy) << method;
    ASSERT_EQ(record.answers.size(), 200U);
    for (size_t i = 0; i < record.answers.size(); ++i)
      EXPECT_EQ(record.answers[i].answer, other.answers[i].answer) << method << " " << i;
  }
}

}  // namespace
}  // namespace lorahub
