// Words of the command line that nobody knows: each is named, with the nearest one.
#include <gmock/gmock.h>

#include <algorithm>

#include "process.hpp"

namespace lorahub {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

void expect_said(const std::string& arguments, const std::string& sentence) {
  const Ended ended = run_command(PROGRAM " " + arguments);
  EXPECT_EQ(ended.code, 2) << arguments;
  EXPECT_THAT(ended.err, StartsWith("lorahub: " + sentence)) << arguments;
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  EXPECT_EQ(ended.out, "");
}

TEST(Usage, NamesAnUnknownCommandAndTheNearest) {
  expect_said("scroe", "lorahub has no command 'scroe', did you mean 'score'?");
  expect_said("scroe --model x", "lorahub has no command 'scroe', did you mean 'score'?");
  expect_said("hub lst x", "lorahub hub has no command 'lst', did you mean 'list'?");
  expect_said("hub", "lorahub hub needs a command (list, search, show, verify, add, remove)");
}

TEST(Usage, NamesAnUnknownOptionAndTheNearestInEveryCommand) {
  for (const char* command : {"score", "infer", "adapt", "compose", "probe", "hub verify x"})
    expect_said(std::string(command) + " --modle x",
                std::string("lorahub ") +
                    std::string(command).substr(0, std::string(command).rfind(" x")) +
                    " has no option '--modle', did you mean '--model'?");
  expect_said("run x.yaml --sett=a=1", "lorahub run has no option '--sett', did you mean '--set'?");
  expect_said("export x --cvs", "lorahub export has no option '--cvs', did you mean '--csv'?");
  expect_said("--versoin", "lorahub has no option '--versoin', did you mean '--version'?");
}

TEST(Usage, SaysWhatIsWrongWithAKnownOption) {
  expect_said("score", "lorahub score: --");
  expect_said("score --threads 0", "lorahub score: --threads");
  expect_said("score --device gpu", "lorahub score: --device");
  expect_said("check", "lorahub check: FILE is required");
  expect_said("status a b", "'b' is one word more than lorahub status takes");
}

TEST(Usage, SaysInPlainWordsThatAValueIsMissingGivenAgainOrNoNumber) {
  expect_said("score --model a --task t --model b",
              "lorahub score: --model is given more than once (only one value could count), give "
              "it once, see");
  expect_said("score --task t --model=", "lorahub score: --model has no value, give one, see");
  expect_said("adapt --model m --library l --task t --out o --seed x",
              "lorahub adapt: --seed x is no number, give one, see");
  expect_said("run x.yaml --stall-timeout 1s", "lorahub run: --stall-timeout");
}

TEST(Usage, AnEmptyWordIsNoOptionThatWasLeftOut) {
  for (const std::string option : {"--adapter", "--library", "--modules", "--weights"})
    expect_said("infer --model m --task t " + option + " ''",
                "lorahub infer: " + option + " is empty (is a variable not set?), give a value");
}

TEST(Usage, RefusesNumbersThatCouldBeReadInTwoWays) {
  for (const char* number : {"010", "0x10", "+8", "00"})
    for (const char* option : {"infer --model m --task t --max-tokens ", "plan x.yaml --ranks ",
                               "adapt --model m --library l --task t --out o --budget "})
      EXPECT_THAT(run_command(PROGRAM " " + std::string(option) + number),
                  testing::Field(&Ended::err, testing::AnyOf(HasSubstr("is no plain whole number"),
                                                             HasSubstr("not in range"))))
          << option << number;
  for (const char* seed : {"-1", "18446744073709551616", "99999999999999999999999", "010", "0x1"})
    expect_said("adapt --model m --library l --task t --out o --seed " + std::string(seed),
                "lorahub adapt: --seed " + std::string(seed) +
                    " is no plain whole number from 0 to 18446744073709551615");
  EXPECT_THAT(run_command(PROGRAM " adapt --model m --library l --task t --out o --seed "
                                  "18446744073709551615")
                  .err,
              testing::Not(HasSubstr("plain whole number")));
}

TEST(Usage, AKnobWithoutItsGroupAndOneInVain) {
  const std::string configs = "LORAHUB_CONFIGS=" SOURCE_DIR "/configs " PROGRAM " ";
  const std::string study = "plan " SOURCE_DIR "/experiments/quickstart.yaml ";
  const Ended budget = run_command(configs + study + "--set budget=40");
  EXPECT_EQ(budget.code, 2);
  EXPECT_THAT(budget.err, HasSubstr("did you mean 'search.budget'?"));
  EXPECT_LT(budget.err.size(), 200U) << budget.err;
  const Ended vain =
      run_command(configs + study + "--set search.method=official --set search.population=8");
  EXPECT_EQ(vain.code, 0) << vain.err;
  EXPECT_THAT(vain.err, HasSubstr("search.population changes nothing"));
}

TEST(Usage, AFileThatSaysNothingIsAnsweredWithALineOfItsOwnKind) {
  const auto folder = fresh_folder("usage_kinds");
  std::ofstream(folder / "empty.yaml");
  const std::string file = quoted(folder / "empty.yaml"), lab = quoted(folder / "lab");
  const std::map<std::string, std::string> lines{
      {"train " + file, "`train: lora` (see configs/train/lorahub.yaml)"},
      {"plan " + file, "`question: ...` (see experiments/)"},
      {"lab " + lab + " --recipe " + file, "`seed: 1` (see experiments/lab/recipe.yaml)"}};
  for (const auto& [words, line] : lines) {
    const Ended ended = run_command(PROGRAM " " + words);
    EXPECT_EQ(ended.code, 2) << words;
    EXPECT_THAT(ended.err, HasSubstr("write for example " + line)) << words;
  }
}

TEST(Usage, TheProgramAloneShowsItsHelp) {
  const Ended ended = run_command(PROGRAM);
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("adapt"));
}

}  // namespace
}  // namespace lorahub
