// The whole program on the mini-lab: the same bits for any number of ranks, and after kill -9.
#include "run/run_study.hpp"

#include <gmock/gmock.h>

#include <numeric>
#include <thread>

#include "run/background.hpp"
#include "search/centres.hpp"
#include "search/recommend.hpp"

namespace lorahub {
namespace {

TEST(Study, HasEveryTrialOnce) {
  const std::string text = alone();
  // zero_shot is one trial (no seed reaches it), each other method has two
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11);
}

TEST(Study, RunAgainDoesNothingAgain) {
  const auto folder = fresh_folder("again");
  write_study(folder);
  ASSERT_EQ(run_study(folder, "").code, 0);
  const std::string before = payload(folder);
  const auto time = std::filesystem::file_size(folder / "out" / "journal.ndj");
  ASSERT_EQ(run_study(folder, "").code, 0);
  EXPECT_EQ(payload(folder), before);
  EXPECT_LT(std::filesystem::file_size(folder / "out" / "journal.ndj") - time,
            4000U);  // one more header, no trial
}

TEST(Study, TellsAUsersCommandAboutEachTrialAndGoesOnWhereThatFails) {
  const auto folder = fresh_folder("hooks");
  write_study(folder);
  const auto told = folder / "told";
  const Ended ended = run_study(
      folder, "",
      "--on-trial 'cat >>" + told.string() + "; exit 3' --on-study 'cat >>" + told.string() + "'");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, ::testing::HasSubstr("--on-trial 'cat"));
  const std::string text = read_all(told);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12);  // eleven trials, and the study
  EXPECT_THAT(text.substr(text.rfind("\n", text.size() - 2)),
              ::testing::AllOf(::testing::HasSubstr(R"("event":"study")"),
                               ::testing::HasSubstr(R"("done":11)"),
                               ::testing::HasSubstr(R"("state":"done")")));
  EXPECT_EQ(payload(folder), alone());
}

TEST(Study, SaysWhatToDoNext) {
  const auto folder = fresh_folder("next");
  write_study(folder);
  const Ended ended = run_command("LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " run " +
                                  quoted(folder / "small.yaml") +
                                  " --only method=zero_shot --out " + quoted(folder / "out"));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err,
              ::testing::EndsWith("lorahub: 1 of 1 trials are done; next: lorahub report " +
                                  (folder / "out").string() + "\n"));
}

// mpirun hands on what a rank prints, so that the rank itself has no terminal.
TEST(Study, ABarMovesOnTheTerminalOfMpirun) {
  if (run_command("command -v script").code != 0) GTEST_SKIP() << "no script(1)";
  const auto folder = fresh_folder("terminal");
  write_study(folder);
  const std::string run = "LORAHUB_CONFIGS=" SOURCE_DIR "/configs mpirun -np 2 " PROGRAM " run " +
                          (folder / "small.yaml").string() + " --out " + (folder / "out").string();
  const Ended ended = run_command("script -qec '" + run + "' /dev/null");
  EXPECT_THAT(ended.out, ::testing::HasSubstr("\r\x1b[K["));
  EXPECT_THAT(ended.out, ::testing::HasSubstr("next: lorahub report"));
}

// CE sum / tokens / examples + 0.05 mean |w|, from what is recorded of the chosen weights.
double official_loss(const store::Record& r) {
  const double sum = std::accumulate(r.shot_sums.begin(), r.shot_sums.end(), 0.0);
  const int tokens = std::accumulate(r.shot_tokens.begin(), r.shot_tokens.end(), 0);
  double size = 0;
  for (const double w : r.weights) size += std::abs(w) / static_cast<double>(r.weights.size());
  return sum / tokens / static_cast<double>(r.shot_tokens.size()) + 0.05 * size;
}

TEST(Study, MayAnswerWithTheMeanOfAGeneration) {
  const auto folder = fresh_folder("mean");
  write_study(folder);
  const std::string what = "--set search.recommend=mean --set method=lorahub";
  ASSERT_EQ(run_study(folder, "", what).code, 0);
  const auto finished = store::read_journal(folder / "out" / "journal.ndj").finished;
  ASSERT_EQ(finished.size(), 2U);
  for (const auto& [id, record] : finished) {
    ASSERT_EQ(record.generations.size(), 3U);  // of 10, 10 and 5
    EXPECT_EQ(record.weights, search::recombined(record.generations[1]));
    EXPECT_NEAR(record.best_loss, official_loss(record), 1e-6);
  }
  const Ended check = run_command(PROGRAM " check " + quoted(folder / "out/out.h5"));
  EXPECT_EQ(check.code, 0) << check.out << check.err;
}

// The search tells candidates apart in int8; what it reports of the one that it chose is exact.
TEST(Study, DeltaEvaluationIsForTheSearchAlone) {
  if (__builtin_cpu_supports("avx512vnni") == 0) GTEST_SKIP() << "no AVX512-VNNI";
  const auto folder = fresh_folder("delta"), two = fresh_folder("delta_two");
  const std::string what = "--set precision=delta-int8 --set method=lorahub";
  for (const auto& where : {folder, two}) write_study(where);
  ASSERT_EQ(run_study(folder, "", what).code, 0);
  ASSERT_EQ(run_study(two, "mpirun -n 2", what).code, 0);
  EXPECT_EQ(payload(folder), payload(two));
  const auto finished = store::read_journal(folder / "out" / "journal.ndj").finished;
  ASSERT_EQ(finished.size(), 2U);
  for (const auto& [id, record] : finished) {
    EXPECT_NEAR(record.best_loss, official_loss(record), 1e-6);
    double least = 1e9;
    for (const search::Generation& g : record.generations)
      least = std::min(least, *std::ranges::min_element(g.losses));
    EXPECT_NE(least, record.best_loss);
    EXPECT_NEAR(least, record.best_loss, 0.02 * record.best_loss);
  }
  const Ended check = run_command(PROGRAM " check " + quoted(folder / "out/out.h5"));
  EXPECT_EQ(check.code, 0) << check.out << check.err;
}

// Two runs of a search that begins far from the base: the points around which the ranks compute
// follow from the generation alone, also where a run begins in the middle of the search.
TEST(Study, DeltaEvaluationFarFromTheBaseHasTheBitsOfOneRank) {
  if (__builtin_cpu_supports("avx512vnni") == 0) GTEST_SKIP() << "no AVX512-VNNI";
  const std::string what =
      "--set precision=delta-int8 --set method=lorahub --set search.runs=2 --set search.mean0=1 "
      "--set search.budget=50";
  const auto one = fresh_folder("far_one"), three = fresh_folder("far_three"),
             killed = fresh_folder("far_killed");
  for (const auto& where : {one, three, killed}) write_study(where);
  ASSERT_EQ(run_study(one, "", what).code, 0);
  ASSERT_EQ(run_study(three, "mpirun -n 3", what).code, 0);
  EXPECT_EQ(payload(one), payload(three));
  for (const auto& [id, record] : store::read_journal(one / "out" / "journal.ndj").finished)
    for (const search::Generation& g : record.generations)
      EXPECT_EQ(search::with_centres(g.population, 10).centre(0).size(), 6U);
  // What a kill leaves: the first half of the lines.
  std::ifstream whole(one / "out" / "journal.ndj");
  std::vector<std::string> lines;
  for (std::string line; std::getline(whole, line);) lines.push_back(line);
  std::filesystem::create_directories(killed / "out");
  std::ofstream half(killed / "out" / "journal.ndj");
  for (size_t i = 0; i < lines.size() / 2; ++i) half << lines[i] << "\n";
  half.close();
  const Ended resumed = run_study(killed, "", what);
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(payload(one), payload(killed));
}

// A factor mixture of modules of different rank can't be made; a product of them can.
TEST(Study, AFailedTrialIsKeptBesideTheOthers) {
  const auto folder = fresh_folder("failed");
  const std::filesystem::path mini = SOURCE_DIR "/configs/library/mini";
  std::filesystem::create_directories(folder / "library");
  std::filesystem::copy(mini / "r4/find_letter", folder / "library/small",
                        std::filesystem::copy_options::recursive);
  std::filesystem::copy(mini / "r16/max_letter", folder / "library/large",
                        std::filesystem::copy_options::recursive);
  std::ofstream(folder / "small.yaml")
      << "question: q\nuses: {model: mini, tasks: mini/unseen}\n"
         "set: {library: library, modules: [small, large], method: uniform, max_tokens: 2, "
         "task: E1_isa_letter}\nvary: {composition: [product, factor]}\n";
  const Ended ended = run_study(folder, "");
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.err.find("rank"), std::string::npos) << ended.err;
  const auto history = [&] { return store::read_journal(folder / "out" / "journal.ndj"); };
  EXPECT_EQ(history().finished.size(), 1U);
  ASSERT_EQ(history().failed.size(), 1U);
  EXPECT_EQ(run_study(folder, "").code, 1);  // not tried again
  EXPECT_EQ(history().started.size(), 2U);
  const Ended again = run_study(folder, "", "--retry-failed");
  EXPECT_EQ(again.code, 1);
  EXPECT_NE(again.err.find("failed"), std::string::npos);
}

TEST(Study, AnotherStudysFolderIsRefused) {
  const auto folder = fresh_folder("other");
  const std::string text =
      "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen}\n"
      "set: {method: zero_shot, max_tokens: 2, task: E1_isa_letter}\n";
  std::ofstream(folder / "small.yaml") << text;
  ASSERT_EQ(run_study(folder, "").code, 0);
  std::ofstream(folder / "large.yaml") << text;
  const Ended ended =
      run_command("LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " run " +
                  quoted(folder / "large.yaml") + " --quiet --out " + quoted(folder / "out"));
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("'small'"), std::string::npos) << ended.err;
}

TEST(Study, AChangedInputUnderTheSameNameIsRefused) {
  const auto folder = fresh_folder("changed");
  const auto task = folder / "rows.jsonl";
  std::filesystem::copy_file(SOURCE_DIR "/configs/tasks/mini/unseen/E1_isa_letter/pool.jsonl",
                             task);
  std::ofstream(folder / "small.yaml")
      << "question: q\nuses: {model: mini, library: mini}\n"
         "set: {task: [rows.jsonl], method: zero_shot, max_tokens: 4}\n";
  const Ended first = run_study(folder, "");
  ASSERT_EQ(first.code, 0) << first.err;
  std::ofstream(task, std::ios::app) << R"({"context": "one more ?", "completion": "x"})"
                                     << "\n";
  const Ended second = run_study(folder, "");
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find("test, test file of trial"), std::string::npos) << second.err;
  EXPECT_NE(second.err.find("changed"), std::string::npos) << second.err;
}

// In the middle of the study, of which a step is recorded and most are still to come.
TEST(Study, SignalEndsWith75AndIsGoneOnWith) {
  const auto folder = fresh_folder("signal");
  write_study(folder);
  Background run(study_command(folder, "", ""), folder / "err");
  ASSERT_TRUE(wait_until(run, [&] { return steps(folder) > 0; })) << read_all(folder / "err");
  ::kill(run.pid(), SIGUSR1);
  for (int i = 0; i < 2000 && !run.ended(); ++i) std::this_thread::sleep_for(5ms);
  ASSERT_TRUE(run.ended()) << "10 s after the signal";
  EXPECT_EQ(run.wait(), 75);
  EXPECT_THAT(read_all(folder / "err"), testing::HasSubstr("run the same command"));
  const Ended again = run_study(folder, "");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(payload(folder), alone());
}

}  // namespace
}  // namespace lorahub
