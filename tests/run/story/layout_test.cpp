// Any number of ranks, threads, groups and shards gives the same bits as one rank.
#include "base/files.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "run/small_study.hpp"

namespace lorahub {
namespace {

struct Layout {
  int ranks, threads, groups, shards, trials = 1;  // trials: of a rank, at the same time
};

// Fixed ones, then random ones: 3 among the default tests.
std::vector<Layout> layouts(int random_ones) {
  std::vector<Layout> all{{1, 3, 1, 1}, {2, 1, 0, 1},    {3, 1, 1, 1},
                          {5, 1, 2, 1}, {1, 2, 2, 1, 2}, {2, 3, 0, 1, 3}};
  base::Stream random(7, "layouts");
  const auto upto = [&](uint32_t n) { return 1 + static_cast<int>(random.bits() % n); };
  for (int i = 0; i < random_ones; ++i)
    all.push_back({upto(8), upto(2), upto(4), upto(3), upto(3)});
  return all;
}

void expect_same_bits(const Layout& layout) {
  const auto [ranks, threads, groups, shards, trials] = layout;
  const auto folder = fresh_folder("layout");
  write_study(folder);
  const std::string launcher = ranks == 1 ? "" : "mpirun -np " + std::to_string(ranks);
  for (int shard = 1; shard <= shards; ++shard) {
    std::string more = "--threads " + std::to_string(threads) + " --groups " +
                       (groups == 0 ? "auto" : std::to_string(groups)) + " --trials-per-rank " +
                       std::to_string(trials);
    if (shards > 1) more += " --shard " + std::to_string(shard) + "/" + std::to_string(shards);
    const Ended ended = run_study(folder, launcher, more);
    ASSERT_EQ(ended.code, 0) << ended.err;
  }
  EXPECT_EQ(payload(folder), alone());
  if (shards == 1) expect_same_hdf5(folder);
}

class AnyLayout : public testing::TestWithParam<Layout> {};

TEST_P(AnyLayout, GivesTheSameBits) { expect_same_bits(GetParam()); }

std::string name_of(const testing::TestParamInfo<Layout>& test) {
  const Layout& layout = test.param;
  return "R" + std::to_string(layout.ranks) + "T" + std::to_string(layout.threads) + "G" +
         std::to_string(layout.groups) + "S" + std::to_string(layout.shards) + "P" +
         std::to_string(layout.trials) + "_" + std::to_string(test.index);
}

INSTANTIATE_TEST_SUITE_P(Layouts, AnyLayout, testing::ValuesIn(layouts(3)), name_of);

TEST(ThirtyLayouts, DISABLED_GiveTheSameBits) {
  for (const Layout& layout : layouts(30)) {
    SCOPED_TRACE(testing::Message() << layout.ranks << " ranks, " << layout.threads << " threads, "
                                    << layout.groups << " groups, " << layout.shards << " shards");
    expect_same_bits(layout);
  }
}

int lines_of(const std::filesystem::path& folder, const std::string& event) {
  const std::string log = base::read_file(folder / "out/log/rank0.log");
  int count = 0;
  for (const std::string& line : base::split(log, '\n'))
    if (line.find(" " + event + " ") != std::string::npos) ++count;
  return count;
}

// Searches long enough to be there at the same time.
constexpr const char* kTwoLong =
    "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen, search: cma}\n"
    "set: {method: lorahub, shots: 5, modules: 6, search.budget: 200, max_tokens: 4, task: "
    "[E1_isa_letter]}\n";

TEST(TrialsPerRank, ARankWorksOnTwoAtATime) {
  const auto folder = fresh_folder("two_at_a_time");
  write_study(folder, std::string(kTwoLong) + "vary: {seed: [1, 2]}\n");
  ASSERT_EQ(run_study(folder, "", "--threads 2 --trials-per-rank 2").code, 0);
  const std::string log = base::read_file(folder / "out/log/rank0.log");
  EXPECT_EQ(lines_of(folder, "start"), 2);
  EXPECT_LT(log.rfind(" start "), log.find(" done ")) << log;
}

// A rank holds one model: two trials of different ones would load them in turn, unit by unit.
TEST(TrialsPerRank, IsOneWhereTrialsReadDifferentModels) {
  const auto folder = fresh_folder("two_models");
  write_study(folder, std::string(kTwoLong) + "vary: {precision: [f32, bf16], seed: [1, 2]}\n");
  ASSERT_EQ(run_study(folder, "", "--threads 2 --trials-per-rank 2").code, 0);
  EXPECT_LE(lines_of(folder, "begin"), 8);
}

// The official search asks for one candidate at a time: idle ranks compute ahead.
TEST(Speculation, SameTrajectoryInFewerRounds) {
  const std::string study =
      "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen, search: official}\n"
      "set: {method: lorahub, shots: 5, modules: 10, search.budget: 14, max_tokens: 4, task: "
      "[E1_isa_letter]}\n";
  const auto one = fresh_folder("official_one"), many = fresh_folder("official_many");
  write_study(one, study);
  write_study(many, study);
  ASSERT_EQ(run_study(one, "", "--threads 1").code, 0);
  const Ended ended = run_study(many, "mpirun -np 7");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(payload(many), payload(one));
  const auto record = [](const std::filesystem::path& folder) {
    return store::read_journal(folder / "out/journal.ndj").finished.begin()->second;
  };
  EXPECT_EQ(record(one).timing.waits, 14);
  EXPECT_EQ(record(many).counts.rounds, 14);
  // 11 points of the first simplex: at most 3 steps of it a round; then 3 more.
  EXPECT_LE(record(many).timing.waits, 8);
}

}  // namespace
}  // namespace lorahub
