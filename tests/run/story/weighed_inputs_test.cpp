// Inputs that have mixing weights of their own: any ranks and any batch give the bits of one rank.
#include "base/text.hpp"
#include "run/small_study.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWeighedStudy = R"(question: Does it run?
uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}
set: {shots: 5, modules: 8, max_tokens: 8, input.modules: 3, task: E1_isa_letter}
zip:
  method: [logo, logo, retriever, retriever]
  composition: [product, product, product, factor]
  input.signal: [norm, entropy, norm, norm]
vary: {seed: [1, 2]}
)";

fs::path run_weighed(const std::string& name, const std::string& launcher, const std::string& more,
                     const std::string& knobs = "") {
  const fs::path folder = fresh_folder(name);
  write_study(folder, kWeighedStudy);
  const Ended ended = run_study(folder, launcher, more + knobs);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return folder;
}

std::vector<store::Record> records(const fs::path& folder) {
  std::vector<store::Record> all;
  for (const auto& [id, record] : store::read_journal(folder / "out/journal.ndj").finished)
    all.push_back(record);
  return all;
}

const fs::path& by_one_rank() {
  static const fs::path folder = run_weighed("weighed_one", "", "--threads 1");
  return folder;
}

std::string knob_of(const store::Record& record, const std::string& name) {
  for (const auto& [knob, value] : record.knobs)
    if (knob == name) return value;
  return "";
}

TEST(WeighedInputs, HaveTheSameBitsForAnyRanksAndThreads) {
  ASSERT_NE(payload(by_one_rank()), "");
  EXPECT_EQ(payload(run_weighed("weighed_ranks", "mpirun -np 3", "--groups 1")),
            payload(by_one_rank()));
  EXPECT_EQ(payload(run_weighed("weighed_threads", "", "--threads 3 --trials-per-rank 2")),
            payload(by_one_rank()));
}

// The batch is a knob of the identity, but each row is computed alone.
TEST(WeighedInputs, HaveTheSameAnswersAndWeightsForAnyBatch) {
  const auto answers = [](const fs::path& folder) {
    std::vector<std::string> all;
    for (const store::Record& record : records(folder)) {
      std::string text = base::format(
          "{} {} {} seed {}:", knob_of(record, "method"), knob_of(record, "composition"),
          knob_of(record, "input.signal"), knob_of(record, "seed.modules"));
      for (const double weight : record.weights) text += base::format(" {}", weight);
      for (const store::Answer& answer : record.answers) text += "|" + answer.answer;
      all.push_back(text);
    }
    std::ranges::sort(all);
    return all;
  };
  const fs::path other = run_weighed("weighed_batch", "", "--threads 1", " --set batch=7");
  EXPECT_EQ(answers(other), answers(by_one_rank()));
}

// LoGo reads each input once more, with all modules; LoraRetriever compares texts. Weights are
// means over the test rows.
TEST(WeighedInputs, SayWhatTheyCost) {
  ASSERT_EQ(records(by_one_rank()).size(), 8U);
  for (const store::Record& record : records(by_one_rank())) {
    const bool logo = knob_of(record, "method") == "logo";
    const store::Counts& counts = record.counts;
    EXPECT_EQ(counts.evaluations, 0);
    EXPECT_EQ(counts.rounds, logo ? 1 : 0);
    EXPECT_EQ(counts.example_forwards, logo ? std::ssize(record.answers) : 0);
    EXPECT_EQ(counts.search_tokens, logo ? counts.answer_tokens : 0);
    EXPECT_GT(counts.answer_tokens, 0);
    ASSERT_EQ(record.weights.size(), 8U);
    double sum = 0;
    for (const double weight : record.weights) sum += weight;
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_TRUE(record.shot_sums.empty());
  }
}

}  // namespace
}  // namespace lorahub
