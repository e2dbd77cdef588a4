// `lorahub status`, on journals that this test writes.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "process.hpp"
#include "store/journal.hpp"

namespace lorahub {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kTrial = "1a5e1876d96499f6";

// A journal of a trial that runs: two of its three candidates could not be evaluated.
std::filesystem::path folder_with_faults(const std::string& name) {
  const auto folder = fresh_folder(name);
  store::Journal journal(folder / "journal.ndj");
  journal.header({.study = "small", .yaml = "question: x\n", .environment = {{"trials", "4"}}});
  journal.start(kTrial, {{"model", base::sha256("model")}});
  const double infinite = std::numeric_limits<double>::infinity();
  journal.generation(kTrial, {.population = {.dim = 1, .weights = {0, 1, 2}},
                              .losses = {infinite, 1, infinite},
                              .faults = {{.candidate = 0, .cause = "the loss is not a number"},
                                         {.candidate = 2, .cause = "a \x1b[31mbad\nline"}}});
  return folder;
}

TEST(Status, SaysHowManyCandidatesHadFaultsAndWhy) {
  const auto folder = folder_with_faults("status_text");
  const Ended ended = run_command(PROGRAM " status " + quoted(folder));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("0 of 4 trials done, 1 begun, 0 failed"));
  EXPECT_THAT(ended.out, HasSubstr("2 candidate(s) could not be evaluated ("));
  EXPECT_THAT(ended.out, HasSubstr("the loss is not a number"));
  EXPECT_THAT(ended.out, HasSubstr("their losses count as infinite"));
  EXPECT_THAT(ended.out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(std::ranges::count(ended.out, '\n'), 2) << ended.out;
}

TEST(Status, GivesFaultsAsJson) {
  const auto folder = folder_with_faults("status_json");
  const Ended ended = run_command(PROGRAM " status --json " + quoted(folder));
  EXPECT_EQ(ended.code, 0) << ended.err;
  const auto said = nlohmann::json::parse(ended.out);
  EXPECT_EQ(said.at("faults"), 2);
  EXPECT_EQ(said.at("running"), 1);
  EXPECT_EQ(said.at("planned"), 4);
}

TEST(Status, SaysNothingOfFaultsWhereThereAreNone) {
  const auto folder = fresh_folder("status_none");
  store::Journal(folder / "journal.ndj")
      .header({.study = "small", .yaml = "question: x\n", .environment = {{"trials", "4"}}});
  EXPECT_THAT(run_command(PROGRAM " status " + quoted(folder)).out,
              Not(HasSubstr("could not be evaluated")));
}

}  // namespace
}  // namespace lorahub
