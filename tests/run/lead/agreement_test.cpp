// Ranks that read other bytes, or were started with other words: refused before anything is
// computed.
#include "run/lead/agreement.hpp"

#include <gmock/gmock.h>

#include "run/small_study.hpp"

namespace lorahub {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Copies the configs so that a test can change them; links would be the very same files. The copy
// must not be called "configs": both ranks would find a folder of that name beside the study.
std::filesystem::path copy_of_configs(const std::filesystem::path& folder) {
  const std::filesystem::path configs = SOURCE_DIR "/configs";
  std::filesystem::create_directories(folder / "other");
  for (const char* part : {"model", "library", "tasks", "search"})
    std::filesystem::copy(configs / part, folder / "other" / part,
                          std::filesystem::copy_options::recursive);
  return folder / "other";
}

// Rank 0 reads the repository's configs, rank 1 `configs`.
Ended run_with(const std::filesystem::path& folder, const std::filesystem::path& configs) {
  const std::string command = std::string(PROGRAM) + " run " + quoted(folder / "small.yaml") +
                              " --quiet --out " + quoted(folder / "out");
  return run_command("mpirun -np 1 env LORAHUB_CONFIGS=" SOURCE_DIR "/configs " + command +
                     " : -np 1 env LORAHUB_CONFIGS=" + quoted(configs) + " " + command);
}

void change_last_byte(const std::filesystem::path& file) {
  std::string bytes = read_all(file);
  ASSERT_FALSE(bytes.empty());
  bytes.back() ^= 1;
  std::ofstream(file, std::ios::binary) << bytes;
}

void expect_refused(const Ended& ended, const std::filesystem::path& folder,
                    const std::string& what) {
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.err, AllOf(HasSubstr("rank 1 on "), HasSubstr(what)));
  EXPECT_FALSE(std::filesystem::exists(folder / "out")) << "nothing is computed or written";
}

TEST(Agreement, ARankWithAnotherModelIsRefusedByName) {
  const auto folder = fresh_folder("other_model");
  write_study(folder);
  const auto configs = copy_of_configs(folder);
  change_last_byte(configs / "model/mini/model.safetensors");
  expect_refused(run_with(folder, configs), folder, "reads other bytes than rank 0: model of");
}

TEST(Agreement, ARankWithAnotherModuleIsRefusedByName) {
  const auto folder = fresh_folder("other_module");
  write_study(folder,
              "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen, search: cma}\n"
              "set: {shots: 5, modules: [find_letter, add_roman], max_tokens: 8}\n"
              "vary: {method: [uniform], task: [E1_isa_letter]}\n");
  const auto configs = copy_of_configs(folder);
  change_last_byte(configs / "library/mini/r16/add_roman/adapter_model.safetensors");
  expect_refused(run_with(folder, configs), folder, "module add_roman of trial");
}

TEST(Agreement, ARankWithOtherRowsIsRefusedByName) {
  const auto folder = fresh_folder("other_rows");
  write_study(folder);
  const auto configs = copy_of_configs(folder);
  const auto rows = configs / "tasks/mini/unseen/E1_isa_letter/test.jsonl";
  std::string text = read_all(rows);
  const size_t end = text.rfind("\"}");  // of the last target
  ASSERT_NE(end, std::string::npos);
  text[end - 1] = text[end - 1] == 'x' ? 'y' : 'x';
  std::ofstream(rows, std::ios::binary) << text;
  const Ended ended = run_with(folder, configs);
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.err, AllOf(HasSubstr("rank 1 on "), HasSubstr("other bytes than rank 0")));
}

TEST(Agreement, ARankWithOtherKnobsIsRefusedByTheKnobsName) {
  const auto folder = fresh_folder("other_knobs");
  write_study(folder,
              "question: q\nuses: {model: mini, library: mini, tasks: mini/unseen, search: cma}\n"
              "set: {shots: 5, modules: 6, max_tokens: 8}\n"
              "vary: {method: [lorahub], task: [E1_isa_letter]}\n");
  const auto configs = copy_of_configs(folder);
  std::ofstream(configs / "search/cma.yaml")
      << "search.method: cma\nsearch.population: 10\nsearch.budget: 500\n";
  expect_refused(run_with(folder, configs), folder,
                 "search.budget of trial 1 is 500 there and 400 on rank 0");
}

TEST(Agreement, CopiesWithTheSameBytesAreOneStudy) {
  const auto folder = fresh_folder("same_bytes");
  write_study(folder);
  const Ended ended = run_with(folder, copy_of_configs(folder));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(payload(folder), alone());
}

TEST(Words, RanksOfOneMpirunThatWereStartedWithOthersAreRefused) {
  const auto folder = fresh_folder("other_words");
  write_study(folder);
  std::filesystem::copy_file(folder / "small.yaml", folder / "other.yaml");
  const std::string begin = std::string("LORAHUB_CONFIGS=" SOURCE_DIR "/configs mpirun -np 1 ") +
                            PROGRAM + " run " + quoted(folder / "small.yaml") + " --quiet --out " +
                            quoted(folder / "out") + " : -np 1 " + PROGRAM + " run ";
  const std::string out = " --quiet --out " + quoted(folder / "out");
  for (const std::string& other :
       {quoted(folder / "other.yaml") + out, quoted(folder / "small.yaml") + out + " --set seed=3",
        quoted(folder / "small.yaml") + " --quiet"}) {
    const Ended ended = run_command(begin + other);
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_THAT(ended.err, AllOf(HasSubstr("rank 1 on "), HasSubstr("its command is ")));
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  }
}

TEST(Words, ARankWithAnotherCommandEndsAll) {
  const auto folder = fresh_folder("other_command");
  write_study(folder);
  const Ended ended = run_command(study_command(folder, "mpirun -np 1", "") + " : -np 1 " +
                                  PROGRAM + " report " + quoted(folder));
  EXPECT_NE(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("2 copies of `lorahub report` were started"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(Words, RanksWithAnotherPinnedProcessorAreRefused) {
  const auto folder = fresh_folder("other_pin");
  write_study(folder);
  const std::string command = std::string(PROGRAM) + " run " + quoted(folder / "small.yaml") +
                              " --quiet --out " + quoted(folder / "out");
  const Ended ended = run_command("LORAHUB_CONFIGS=" SOURCE_DIR "/configs mpirun -np 1 " + command +
                                  " : -np 1 env ATEN_CPU_CAPABILITY=default " + command);
  expect_refused(ended, folder, "ATEN_CPU_CAPABILITY");
}

TEST(Copies, OfTheLauncherOfAnotherMpiAreRefusedByEveryCommand) {
  const auto folder = fresh_folder("copies");
  write_study(folder);
  for (const char* command : {"report x", "score x y", "infer --model x", "hub list x", "check x",
                              "status x", "plan x", "export x --out y"}) {
    const Ended ended =
        run_command(std::string("PMI_RANK=0 PMI_SIZE=3 ") + PROGRAM + " " + command);
    EXPECT_EQ(ended.code, 2) << command;
  }
  const Ended report = run_command(std::string("PMI_RANK=0 PMI_SIZE=3 ") + PROGRAM + " report x");
  EXPECT_THAT(report.err, HasSubstr("3 copies of `lorahub report`"));
  const Ended run = run_command("PMI_RANK=0 PMI_SIZE=3 " + study_command(folder, "", ""));
  EXPECT_EQ(run.code, 2) << run.err;
  EXPECT_THAT(run.err, HasSubstr("3 copies"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

}  // namespace
}  // namespace lorahub
