#include "base/process.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"
#include "base/text.hpp"
#include "process.hpp"

namespace lorahub::base {
namespace {

TEST(Program, ItsOutputsAndCode) {
  const auto output = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->code, 3);
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"})->code, 137);
}

TEST(Program, FillsBothPipes) {  // of 64 KiB each
  const auto output =
      run_program({"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero"});
  EXPECT_EQ(output->out.size(), 300000U);
  EXPECT_EQ(output->err.size(), 300000U);
}

TEST(Program, WordsAreNotReadByAShell) {
  EXPECT_EQ(run_program({"printf", "%s", "$HOME; a  b'"})->out, "$HOME; a  b'");
}

TEST(Program, ThatIsNotThere) {
  EXPECT_FALSE(run_program({"no-such-program-anywhere"}).has_value());
  EXPECT_THROW(run_program({"/etc"}), Error);
}

TEST(ShellWord, IsReadBackAsItWas) {
  for (const std::string word :
       {"plain-1_2/x.y:z,=+@%", "", "two words", "it's", "''", "$(rm -r x)", "a\"b", "back\\slash",
        "*", "~", "#no", "line\nbreak", "é"}) {
    const Ended ended = run_command("printf '%s|' " + shell_word(word) + " end");
    EXPECT_EQ(ended.out, word + "|end|") << shell_word(word);
  }
  EXPECT_EQ(shell_word("plain-1"), "plain-1");  // readable where it can be
}

}  // namespace
}  // namespace lorahub::base
