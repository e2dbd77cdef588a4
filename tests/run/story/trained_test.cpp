// The gradient baselines on the mini-lab: what they record, and that they learn.
#include <gtest/gtest.h>

#include <map>

#include "process.hpp"
#include "store/journal.hpp"

namespace lorahub {
namespace {

using Records = std::map<std::string, store::Record>;  // by method

Records run(const std::string& set, const std::string& launcher = "") {
  const auto folder = fresh_folder("trained");
  std::ofstream(folder / "small.yaml")
      << "question: Do they learn?\nuses: {model: mini, library: mini, tasks: mini/unseen}\nset: {"
      << set << "}\nvary: {method: [lora_tuning, ia3, full, gradient]}\n";
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

TEST(Trained, RanksAndThreadsChangeNoBit) {
  const std::string set =
      "task: E1_isa_letter, shots: 5, modules: 4, seed: 2, train.epochs: 3, precision: bf16";
  const Records one = run(set);
  const Records three = run(set, "mpirun -np 3");
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
