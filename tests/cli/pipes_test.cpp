// Rows and weights through pipes, as a shell's <(...) hands them on.
#include <gmock/gmock.h>

#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

const std::string kTwo =
    kModel + " --library " + kConfigs + "/library/mini/r4 --modules find_letter,max_letter";
const std::string kRows = kConfigs + "/tasks/mini/unseen/E1_isa_letter/pool.jsonl";

// The command with @NAME as a file, and as a pipe that is written meanwhile.
class Pipes : public testing::Test {
 protected:
  void expect_same(std::string command) {
    std::ofstream(folder_ / "w.json") << "[[0.5, 0.25]]";
    std::ofstream(folder_ / "rows.jsonl") << read_all(kRows).substr(0, 2000).substr(
        0, read_all(kRows).substr(0, 2000).rfind('\n') + 1);
    std::string piped = command;
    for (const std::string& name : {std::string("rows.jsonl"), std::string("w.json")}) {
      const std::string file = (folder_ / name).string();
      replace(command, "@" + name, file);
      replace(piped, "@" + name, "<(sleep 0.2; cat " + file + ")");
    }
    const Ended right = run_command(PROGRAM " " + command);
    ASSERT_EQ(right.code, 0) << right.err;
    const Ended ended = run_command("bash -c '" PROGRAM " " + piped + "'");
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, right.out);
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    if (const size_t at = text.find(from); at != std::string::npos)
      text.replace(at, from.size(), to);
  }
  std::filesystem::path folder_ = fresh_folder("pipes");
};

TEST_F(Pipes, Infer) {
  expect_same("infer" + kModel + " --task @rows.jsonl --max-tokens 3 --json");
}
TEST_F(Pipes, Score) {
  expect_same("score" + kTwo + " --task @rows.jsonl --weights @w.json --json");
}
TEST_F(Pipes, Probe) {
  expect_same("probe" + kTwo + " --task @rows.jsonl --shots 2 --json --cache " +
              (folder_ / "cache").string());
}
TEST_F(Pipes, Adapt) {
  expect_same("adapt" + kTwo + " --task @rows.jsonl --shots 2 --budget 3 --json --force --out " +
              (folder_ / "out").string());
}
TEST_F(Pipes, Compose) {
  expect_same("compose" + kTwo + " --weights @w.json --out " + (folder_ / "out").string());
}

}  // namespace
}  // namespace lorahub
