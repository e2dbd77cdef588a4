// A machine that lacks memory, threads or open files in the middle of a run: never a result, never
// a failed trial, and nothing is lost.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cmath>
#include <future>

#include "base/text.hpp"
#include "run/background.hpp"

namespace lorahub {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

// A limit of a process that runs.
void limit(pid_t pid, __rlimit_resource what, rlim_t value) {
  rlimit before{};
  ASSERT_EQ(::prlimit(pid, what, nullptr, &before), 0);
  const rlimit soft{.rlim_cur = value, .rlim_max = before.rlim_max};
  ASSERT_EQ(::prlimit(pid, what, &soft, nullptr), 0);
}

void expect_nothing_wrong_recorded(const std::filesystem::path& folder) {
  const store::History history = store::read_journal(folder / "out/journal.ndj");
  EXPECT_TRUE(history.failed.empty()) << history.failed.begin()->second;
  const auto check = [](const search::Generation& g) {
    EXPECT_TRUE(g.faults.empty());
    for (const double loss : g.losses) EXPECT_TRUE(std::isfinite(loss));
  };
  for (const auto& [id, generations] : history.told)
    for (const search::Generation& g : generations) check(g);
  for (const auto& [id, record] : history.finished)
    for (const search::Generation& g : record.generations) check(g);
}

void expect_goes_on_to_the_same_bits(const std::filesystem::path& folder) {
  expect_nothing_wrong_recorded(folder);
  const Ended again = run_study(folder, "mpirun -np 2");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(payload(folder), alone());
}

TEST(SickMachine, ARankWithoutDescriptorsIsNamedAndAllEndWith75) {
  const auto folder = fresh_folder("descriptors");
  write_study(folder);
  Background run(study_command(folder, "mpirun -np 2", ""), folder / "err");
  ASSERT_TRUE(wait_until(run, [&] { return steps(folder) > 0; })) << read_all(folder / "err");
  const std::vector<pid_t> ranks = run.children();
  ASSERT_EQ(ranks.size(), 2U);
  limit(ranks[1], RLIMIT_NOFILE, 0);
  EXPECT_EQ(run.wait(), 75);
  EXPECT_THAT(read_all(folder / "err"), AllOf(HasSubstr("rank 1 on "), HasSubstr("open files")));
  expect_goes_on_to_the_same_bits(folder);
}

// MPI itself would end in words of its own, or in a segmentation fault. A limit that the user may
// raise is raised.
TEST(SickMachine, ARankThatMayOpenTooFewFilesForMpiIsNamed) {
  const auto folder = fresh_folder("files of MPI");
  write_study(folder);
  const auto launcher = [](const std::string& limit) {
    return "mpirun -np 2 sh -c '[ $OMPI_COMM_WORLD_RANK = 0 ] || " + limit + "; exec \"$@\"' sh";
  };
  const Ended ended = run_study(folder, launcher("ulimit -n 20"));
  EXPECT_EQ(ended.code, 75) << ended.err;
  EXPECT_THAT(ended.err, AllOf(HasSubstr("lorahub: rank 1 on "), HasSubstr("(ulimit -n)")));
  EXPECT_EQ(count(ended.err, "lorahub: "), 1U) << ended.err;
  const Ended raised = run_study(folder, launcher("ulimit -S -n 20"), "--only method=zero_shot");
  EXPECT_EQ(raised.code, 0) << raised.err;
}

#ifndef __SANITIZE_ADDRESS__  // which takes all of the address space

// Takes the memory of rank 1, or of both ranks, in the middle of a run. Where the other rank can
// take over the work, the run goes on undisturbed.
void take_memory_of(const std::string& whose) {
  const auto folder = fresh_folder("memory of " + whose);
  write_study(folder);
  Background run(study_command(folder, "mpirun -np 2", "--stall-timeout 15"), folder / "err");
  ASSERT_TRUE(wait_until(run, [&] { return steps(folder) > 0; })) << read_all(folder / "err");
  const std::vector<pid_t> ranks = run.children();
  ASSERT_EQ(ranks.size(), 2U);
  limit(ranks[1], RLIMIT_AS, 1);
  if (whose == "both") limit(ranks[0], RLIMIT_AS, 1);
  const int code = run.wait();
  const std::string err = read_all(folder / "err");
  EXPECT_TRUE(code == 0 || code == 75) << code << err;
  if (code == 75) {  // MPI itself may have no memory left to say so
    EXPECT_THAT(err, AllOf(HasSubstr("rank "), AnyOf(HasSubstr("give the job more memory"),
                                                     HasSubstr("has not heard of rank 0"),
                                                     HasSubstr("has been silent for"))));
  }
  EXPECT_THAT(err, AllOf(Not(HasSubstr("0x")), Not(HasSubstr("frame #"))));
  expect_goes_on_to_the_same_bits(folder);
}

TEST(SickMachine, ARankWithoutMemoryIsHelpedOrNamedAndNothingIsLost) {
  auto other = std::async(std::launch::async, take_memory_of, "rank 1");  // mostly silence
  take_memory_of("both");
  other.get();
}

// The stacks of the threads do not fit into the address space.
TEST(SickMachine, ThreadsThatCannotBeMadeAreOneSentence) {
  const auto folder = fresh_folder("threads");
  write_study(folder);
  const Ended ended =
      run_study(folder, "sh -c 'ulimit -v 6000000; ulimit -s 5900000; exec \"$@\"' sh",
                "--threads 4 --only seed=1");
  EXPECT_EQ(ended.code, 75) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("no further thread can be started"));
  EXPECT_EQ(count(ended.err, "lorahub: "), 1U) << ended.err;
}

TEST(SickMachine, ACommandWithoutMemorySaysSo) {
  const Ended ended = run_command("ulimit -v 4000000; echo '{\"input\": \"a\"}' | " PROGRAM
                                  " infer --model " SOURCE_DIR "/configs/model/mini --threads 400");
  EXPECT_TRUE(ended.code == 0 || ended.code == 75 || ended.code == 2) << ended.code << ended.err;
  EXPECT_THAT(ended.err, Not(HasSubstr("internal error")));
}

// Each of the files in turn lies on a disk that hangs when it is opened: by rank 0 as it reads the
// study and the inputs, by another rank as it loads, by a run of one rank as it begins to record.
TEST(SickMachine, ADiskThatHangsBeforeTheFirstTrialIsNoticedAndAllEndWith75) {
  struct Case {
    const char *file, *rank, *launcher, *doing;
  };
  const std::vector<Case> cases{{"small.yaml", "0", "mpirun -np 2", "reading the study"},
                                {"mini/model.safetensors", "0", "mpirun -np 2", "the inputs of tr"},
                                {"mini/model.safetensors", "1", "mpirun -np 2", "rank 1 on "},
                                {"journal.ndj", "", "", "opening the results folder"}};
  std::vector<std::filesystem::path> folders;
  std::vector<std::future<Ended>> runs;  // at the same time, since they wait
  for (const Case& c : cases) {
    const auto folder = folders.emplace_back(fresh_folder(base::format("hang{}", runs.size())));
    write_study(folder);
    const std::string rank = *c.rank == '\0' ? "" : std::string(" HANG_RANK=") + c.rank;
    const std::string launcher =
        base::format("env LD_PRELOAD={} HANG_FILE={}{} {}", HANG_ON_OPEN, c.file, rank, c.launcher);
    runs.push_back(std::async(std::launch::async,
                              [=] { return run_study(folder, launcher, "--hang-timeout 15"); }));
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const Ended ended = runs[i].get();
    EXPECT_EQ(ended.code, 75) << c.file << ended.err;
    EXPECT_THAT(ended.err, AllOf(HasSubstr(c.doing), HasSubstr("--hang-timeout"),
                                 HasSubstr("does not end"), Not(HasSubstr("internal error"))));
    EXPECT_EQ(count(ended.err, "lorahub: "), 1U) << ended.err;
    const Ended again = run_study(folders[i], c.launcher, "--only seed=1 --only method=uniform");
    EXPECT_EQ(again.code, 0) << again.err;
  }
}

#endif

TEST(Names, TooLongForTheFileSystemAreFoundBeforeAnythingIsComputed) {
  const auto folder = fresh_folder("names");
  write_study(folder);
  const std::string begin = "LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " run " +
                            quoted(folder / "small.yaml") + " --quiet --out ";
  std::string deep = folder.string();
  while (deep.size() < 4080) deep += "/" + std::string(100, 'd');
  for (const std::string& out : {folder.string() + "/" + std::string(249, 'x'),
                                 folder.string() + "/" + std::string(300, 'x'), deep}) {
    const Ended ended = run_command(begin + quoted(std::filesystem::path(out)));
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("too long for its file system"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1) << "the study";
  }
  const Ended fits =
      run_command(begin + quoted(folder / std::string(200, 'x')) + " --only method=zero_shot");
  EXPECT_EQ(fits.code, 0) << fits.err;
}

}  // namespace
}  // namespace lorahub
