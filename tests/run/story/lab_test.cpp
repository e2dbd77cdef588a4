// The mini-lab's reference table (experiments/lab/reference_table.py: transformers, nevergrad,
// cmaes) on the same draws of modules and shots: what is deterministic must agree row by row, the
// official search within its spread.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "process.hpp"
#include "store/journal.hpp"

namespace lorahub {
namespace {

constexpr int kRows = 100;  // of each test file; the table is of these

// Mean accuracy over the first rows, by our trials of one study; one value a draw, in the order of
// the draws' seeds.
std::vector<double> ours(const std::string& study, const std::string& task,
                         const std::string& method) {
  const auto out = fresh_folder("lab_" + task + method);
  const Ended ended = run_command(PROGRAM " run " SOURCE_DIR "/experiments/" + study +
                                  ".yaml --quiet --only task=" + task + " --only method=" + method +
                                  " --out " + quoted(out));
  EXPECT_EQ(ended.code, 0) << ended.err;
  std::map<int, double> by_draw;
  for (const auto& [id, record] : store::read_journal(out / "journal.ndj").finished) {
    int draw = static_cast<int>(by_draw.size()),
        hits = 0;  // in any order where no modules are drawn
    for (const auto& [knob, value] : record.knobs)
      if (knob == "seed.modules" && !value.empty())
        draw = std::stoi(value) / 1000;  // 1000 * draw + 7
    for (const auto& answer : record.answers) hits += answer.row < kRows && answer.hit ? 1 : 0;
    by_draw[draw] = static_cast<double>(hits) / kRows;
  }
  std::vector<double> values;
  for (const auto& [draw, value] : by_draw) values.push_back(value);
  return values;
}

std::vector<double> reference(const std::string& task, const std::string& method) {
  static const auto table =
      nlohmann::json::parse(read_all(SOURCE_DIR "/experiments/lab/reference.json"));
  std::vector<double> values;
  for (int draw = 0; draw < 3; ++draw)
    values.push_back(table.at(task + "/" + std::to_string(draw)).at(method));
  return values;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value / static_cast<double>(values.size());
  return sum;
}

TEST(Lab, BestSingleModuleOnTheSameDraws) {
  for (const char* task : {"E7_swap_brack", "E14_hid_min_letter", "E8_add_wordnum"}) {
    const std::vector<double> expected = reference(task, "best1"),
                              found = ours("minilab_reference", task, "best_single");
    ASSERT_EQ(found.size(), 3U);
    for (size_t draw = 0; draw < 3; ++draw)
      EXPECT_NEAR(found[draw], expected[draw], 0.011) << task << " draw " << draw;
  }
}

TEST(Lab, InContextLearningOnTheSameShots) {
  const std::vector<double> found = ours("minilab_reference", "E6_desc_comma", "icl");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_NEAR(mean(found), mean(reference("E6_desc_comma", "icl")), 0.011);
}

TEST(Lab, OfficialSearchOnTheSameDraws) {
  for (const char* task : {"E1_isa_letter", "E7_swap_brack"}) {
    const std::vector<double> expected = reference(task, "cobyla40"),
                              found = ours("minilab_reference_official", task, "lorahub");
    ASSERT_EQ(found.size(), 3U);
    for (size_t draw = 0; draw < 3; ++draw)
      EXPECT_NEAR(found[draw], expected[draw], 0.1) << task << " draw " << draw;
  }
}

}  // namespace
}  // namespace lorahub
