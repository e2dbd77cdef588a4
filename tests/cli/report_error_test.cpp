// How errors are told: a sentence on standard error, and with --json an object on standard output.
#include <gmock/gmock.h>

#include <algorithm>

#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

std::string last_line(const std::string& text) {
  const std::string lines = text.substr(0, text.size() - (text.ends_with('\n') ? 1 : 0));
  return lines.substr(lines.rfind('\n') + 1);
}

// The object that ends the output says what standard error says, and how the program ended.
void expect_told_twice(const Ended& ended, const std::string& what) {
  const Json told = Json::parse(last_line(ended.out), nullptr, false);
  ASSERT_TRUE(told.is_object()) << what << "\n" << ended.out;
  EXPECT_EQ(told.size(), 2U);
  EXPECT_EQ("lorahub: " + told["error"].get<std::string>() + "\n", ended.err) << what;
  EXPECT_EQ(told["exit_code"], ended.code) << what;
  EXPECT_NE(ended.code, 0) << what;
}

const std::string kAbsent = " --model absent --task absent.jsonl";

TEST(ReportError, IsAnObjectOnStandardOutputTooWhereJsonIsAskedFor) {
  for (const std::string command :
       {"status absent", "plan absent.yaml", "hub list absent", "hub show absent sort",
        "hub verify absent", "doctor now", "status", "scroe", "run study.yaml"}) {
    const Ended ended = lorahub(command + " --json");
    expect_told_twice(ended, command);
    EXPECT_EQ(std::ranges::count(ended.out, '\n'), 1) << ended.out;
    EXPECT_EQ(lorahub(command).out, "") << command;
  }
  for (const std::string& command :
       {"infer" + kAbsent, "score" + kAbsent, "probe --library absent" + kAbsent,
        "adapt --library absent --out absent" + kAbsent}) {
    expect_told_twice(lorahub(command + " --json"), command);
    EXPECT_EQ(lorahub(command).out, "") << command;
  }
  expect_told_twice(lorahub("infer --json-lines" + kAbsent), "infer --json-lines");
}

TEST(ReportError, IsNoObjectWhereJsonGoesIntoAFileOrToAnotherProgram) {
  for (const std::string command : {"bench --shape absent --json rate.json",
                                    "submit absent.yaml --dry-run -- --json", "infer -- --json"}) {
    const Ended ended = lorahub(command);
    EXPECT_EQ(ended.code, 2) << command;
    EXPECT_EQ(ended.out, "") << command;
  }
}

TEST(ReportError, IsAfterTheRowsThatWereAnswered) {
  const auto folder = fresh_folder("report_error");
  std::ofstream rows(folder / "rows.jsonl");
  for (int i = 0; i < 8; ++i)
    rows << R"({"input": "a"})"
         << "\n";  // that are read together
  rows << R"({"input": "b", "adapter": "no_such"})"
       << "\n";
  rows.close();
  const Ended ended =
      lorahub("infer" + kModel + " --batch 1 --threads 1 --max-tokens 2 --json-lines --task " +
              quoted(folder / "rows.jsonl"));
  EXPECT_EQ(std::ranges::count(ended.out, '\n'), 9) << ended.out;
  EXPECT_TRUE(Json::parse(ended.out.substr(0, ended.out.find('\n'))).contains("answer"));
  expect_told_twice(ended, "infer --json-lines");
}

TEST(ReportError, KeepsItsWordsInJson) {
  const Ended ended = lorahub("status 'a\"b\n\x01\xC3\xA9' --json");
  const Json told = Json::parse(ended.out, nullptr, false);
  ASSERT_TRUE(told.is_object()) << ended.out;
  EXPECT_THAT(told["error"].get<std::string>(), HasSubstr("a\"b\n\x01\xC3\xA9"));
}

// A long search in the background that `signal` ends once it keeps its losses.
Ended interrupted_adapt(const std::string& launcher, const std::string& signal) {
  const auto folder = fresh_folder("interrupted");
  return run_command("LORAHUB_CONFIGS='" + kConfigs + "' " + launcher +
                     " " PROGRAM
                     " adapt --model mini --library mini --task mini/unseen/E1_isa_letter --search "
                     "cma --modules 6 --budget 1000000 --quick --quiet --json --out " +
                     quoted(folder / "out") + " & while ! ls " + quoted(folder / "out") +
                     "/search-*.ndj >&2; do sleep 0.05; kill -0 $! || break; done 2>/dev/null; "
                     "sleep 0.5; kill -" +
                     signal + " $!; wait $!");
}

TEST(ReportError, AnInterruptedAdaptSaysThatItGoesOn) {
  const Ended ended = interrupted_adapt("", "TERM");
  EXPECT_EQ(ended.code, 75) << ended.err;
  expect_told_twice(ended, "adapt");
  EXPECT_THAT(ended.err, HasSubstr("run the same command to go on"));
}

// Open MPI's mpirun sends its ranks SIGTERM and ends with a code of its own, 1.
TEST(ReportError, AnMpirunThatIsInterruptedHandsOnThatItGoesOn) {
  for (int time = 0; time < 3; ++time) {
    const Ended ended = interrupted_adapt("mpirun -np 2", "INT");
    EXPECT_THAT(ended.err, HasSubstr("asked to end (SIGTERM); run the same command to go on\n"));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    const Json told = Json::parse(last_line(ended.out), nullptr, false);
    ASSERT_TRUE(told.is_object()) << ended.out;
    EXPECT_EQ(told["exit_code"], 75);
  }
}

TEST(ReportError, IsToldByTheFirstRankAlone) {
  const Ended ended = run_command(
      "mpirun -q -np 2 " PROGRAM " adapt --library absent --out absent --json" + kAbsent);
  EXPECT_EQ(ended.code, 2);
  expect_told_twice(ended, "adapt on two ranks");
  EXPECT_EQ(std::ranges::count(ended.out, '\n'), 1) << ended.out;
}

}  // namespace
}  // namespace lorahub
