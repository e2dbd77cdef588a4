// Completions run in the shells themselves; manual pages are rendered by groff.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "process.hpp"

namespace lorahub::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using Words = std::vector<std::string>;

const std::string kProgram = PROGRAM;

bool has(const std::string& program) { return run_command("command -v " + program).code == 0; }

Words lines_of(const std::string& text) {
  Words lines;
  for (const std::string& line : base::split(text, '\n'))
    if (!line.empty()) lines.push_back(line);
  return lines;
}

// What bash offers for the last of these words, in a folder that holds a file and a folder.
Words bash_offers(const std::string& words, const Words& files = {"study.yaml"}) {
  const fs::path folder = fresh_folder("completion");
  fs::create_directories(folder / "here/results");
  for (const std::string& file : files) base::write_file(folder / "here" / file, "");
  base::write_file(folder / "script.bash",
                   "set -u\nsource <(" + kProgram + " completion bash)\ncompopt() { :; }\n" +
                       "COMP_WORDS=(" + words + ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n" +
                       "cd '" + (folder / "here").string() + "'\n_lorahub\n" +
                       "[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"\n");
  const Ended ended = run_command("bash " + quoted(folder / "script.bash"));
  EXPECT_EQ(ended.err, "");
  return lines_of(ended.out);
}

TEST(BashCompletion, OffersCommandsAndWhatIsBelowThem) {
  EXPECT_THAT(bash_offers("lorahub ''"), IsSupersetOf({"run", "plan", "hub", "completion"}));
  EXPECT_THAT(bash_offers("lorahub repo"), ElementsAre("report"));
  EXPECT_THAT(bash_offers("lorahub hub ''"),
              testing::UnorderedElementsAre("list", "search", "show", "verify", "add", "remove"));
  EXPECT_THAT(bash_offers("lorahub completion ''"),
              testing::UnorderedElementsAre("bash", "zsh", "fish"));
}

TEST(BashCompletion, OffersTheOptionsOfTheCommandAlone) {
  EXPECT_THAT(bash_offers("lorahub run study.yaml --sh"), ElementsAre("--shard"));
  EXPECT_THAT(bash_offers("lorahub plan --sh"), IsEmpty());
  EXPECT_THAT(bash_offers("lorahub hub add --self"), ElementsAre("--self-test"));
  EXPECT_THAT(bash_offers("lorahub export --he"), ElementsAre("--help"));  // its group has one, too
}

TEST(BashCompletion, OffersValues) {
  EXPECT_THAT(bash_offers("lorahub run --device ''"), testing::UnorderedElementsAre("cpu", "cuda"));
  EXPECT_THAT(bash_offers("lorahub run study.yaml --set search.b"),
              testing::UnorderedElementsAre("search.budget=", "search.bound="));
  EXPECT_THAT(bash_offers("lorahub knobs max"), ElementsAre("max_tokens"));
  EXPECT_THAT(bash_offers("lorahub run ''"),
              testing::UnorderedElementsAre("results", "study.yaml"));
  EXPECT_THAT(bash_offers("lorahub run --threads ''"), IsEmpty());
}

TEST(BashCompletion, RunsNothingOfANameAndOffersItWhole) {
  const std::string canary = (fresh_folder("canary") / "canary").string();
  const std::string touch = "touch $(printf '%s' \"$CANARY\")";
  const Words files{"$(" + touch + ")",
                    "`" + touch + "`",
                    "'; " + touch + "; '",
                    "\"; " + touch + "; \"",
                    "a; " + touch,
                    "<(" + touch + ")",
                    "--out=x",
                    "* ?[a]",
                    "\\",
                    "$HOME",
                    "~root"};
  ::setenv("CANARY", canary.c_str(), 1);
  for (const char* words : {"lorahub run ''", "lorahub adapt --task ''"}) {
    EXPECT_THAT(bash_offers(words, files), IsSupersetOf(files));
    EXPECT_FALSE(fs::exists(canary)) << words;
  }
  for (const std::string& file : files) {
    bash_offers("lorahub run " + base::shell_word(file), files);
    bash_offers("lorahub " + base::shell_word(file) + " ''", files);
    EXPECT_FALSE(fs::exists(canary)) << file;
  }
  ::unsetenv("CANARY");
}

TEST(BashCompletion, IsGoodBash) {
  if (!has("shellcheck")) GTEST_SKIP() << "no shellcheck";
  const Ended ended = run_command(kProgram + " completion bash | shellcheck -s bash -e SC2207 -");
  EXPECT_EQ(ended.code, 0) << ended.out;
}

TEST(FishCompletion, OffersCommandsOptionsAndValues) {
  if (!has("fish")) GTEST_SKIP() << "no fish";
  const auto offers = [](const std::string& line) {
    const Ended ended = run_command("HOME=/tmp fish --no-config -c '" + kProgram +
                                    " completion fish | source; complete -C \"" + line + "\"'");
    EXPECT_EQ(ended.err, "") << line;
    Words words;
    for (const std::string& offer : lines_of(ended.out))
      words.push_back(offer.substr(0, offer.find('\t')));
    return words;
  };
  EXPECT_THAT(offers("lorahub "), IsSupersetOf({"run", "hub"}));
  EXPECT_THAT(offers("lorahub hub "), IsSupersetOf({"list", "add"}));
  EXPECT_THAT(offers("lorahub hub "), Not(Contains("run")));
  EXPECT_THAT(offers("lorahub run --sh"), ElementsAre("--shard"));
  EXPECT_THAT(offers("lorahub run --device "), ElementsAre("cpu", "cuda"));
  EXPECT_THAT(offers("lorahub plan --set search.bu"), ElementsAre("search.budget="));
}

// _arguments and _describe are asked for their specifications, which zsh itself reads.
TEST(ZshCompletion, OffersOptionsOfTheCommand) {
  if (!has("zsh")) GTEST_SKIP() << "no zsh";
  const fs::path folder = fresh_folder("zsh");
  base::write_file(folder / "script.zsh",
                   "autoload -Uz compinit && compinit -D -u\nsource <(" + kProgram +
                       " completion zsh)\n"
                       "_arguments() { print -l -- \"$@\" }\n"
                       "[ \"$_comps[lorahub]\" = _lorahub ] || print 'not registered'\n"
                       "_lorahub_run\nprint -- --\n_lorahub_hub_add\n");
  const Ended ended = run_command("zsh -f " + quoted(folder / "script.zsh"));
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out, Not(HasSubstr("not registered")));
  EXPECT_THAT(ended.out, HasSubstr("--shard[I/N"));
  EXPECT_THAT(ended.out, HasSubstr(":TEXT:(cpu cuda)"));
  const size_t second = ended.out.find("\n--\n");
  ASSERT_NE(second, std::string::npos) << ended.out;
  EXPECT_THAT(ended.out.substr(second), HasSubstr("--self-test["));
}

// What `words --help` says of a command and of all below it, by their words.
void gather(const std::string& words, std::map<std::string, std::string>& help_of) {
  const std::string help = run_command(kProgram + words + " --help").out;
  help_of[words] = help;
  const size_t begin = help.find("Subcommands:\n");
  if (begin == std::string::npos) return;
  static const std::regex name("\n  ([a-z]+) ");
  const std::string list = help.substr(begin);
  for (std::sregex_iterator it(list.begin(), list.end(), name), end; it != end; ++it)
    gather(words + " " + (*it)[1].str(), help_of);
}

TEST(Manual, EveryCommandHasAPageThatGroffReads) {
  if (!has("groff")) GTEST_SKIP() << "no groff";
  const fs::path share = fresh_folder("share");
  ASSERT_EQ(run_command(kProgram + " manual --share " + quoted(share)).code, 0);
  std::map<std::string, std::string> help_of;
  gather("", help_of);
  EXPECT_GT(help_of.size(), 20U);
  for (const auto& [words, help] : help_of) {
    std::string name = "lorahub" + words;
    std::ranges::replace(name, ' ', '-');
    const fs::path page = share / "man/man1" / (name + ".1");
    ASSERT_TRUE(fs::exists(page)) << page;
    // Plain text: no colours, no overstrikes for bold and underlined words.
    const Ended read = run_command("groff -man -Tutf8 -P-cbou -ww -rLL=100n " + quoted(page));
    EXPECT_EQ(read.err, "") << name;
    EXPECT_THAT(read.out, HasSubstr("EXIT STATUS")) << name;
    static const std::regex option("\n  (?:-[a-z],)?(--[a-z-]+)");
    for (std::sregex_iterator it(help.begin(), help.end(), option), end; it != end; ++it)
      EXPECT_THAT(read.out, HasSubstr((*it)[1].str())) << name;
  }
}

TEST(Manual, SaysDefaultsAndExamples) {
  const std::string page = run_command(kProgram + " manual probe").out;
  EXPECT_THAT(page, HasSubstr("Default: \\fB5\\fR."));
  EXPECT_THAT(page, HasSubstr(".SH EXAMPLES"));
  EXPECT_EQ(run_command(kProgram + " manual hub nowhere").code, 2);
}

TEST(Manual, BeginsSentencesWithCapitalsAndLeavesLiteralsAsTheyAreTyped) {
  const std::string exporting = run_command(kProgram + " manual export").out;
  EXPECT_THAT(exporting, HasSubstr("\nOne CSV file a table.\n"));
  EXPECT_THAT(exporting, HasSubstr("\nro\\-crate\\-metadata.json in DIR"));
  const std::string adapting = run_command(kProgram + " manual adapt").out;
  EXPECT_THAT(adapting, HasSubstr("\ngradient: along the gradient"));
  EXPECT_THAT(adapting, HasSubstr("\ninput=NAME,target=NAME"));
}

TEST(Manual, NamesTheProgramOnce) {
  EXPECT_THAT(run_command(kProgram + " manual").out, HasSubstr(".SH NAME\nlorahub \\- adapts "));
}

// A description that lists the choices once more says nothing.
TEST(Help, ShowsDefaultsAndDoesNotRepeatChoices) {
  std::map<std::string, std::string> help_of;
  gather("", help_of);
  for (const auto& [words, said] : help_of) {
    const std::string help = std::regex_replace(said, std::regex("\n {8,}"), " ");
    static const std::regex choices("\n  (--[a-z-]+) TEXT:\\{([^}]*)\\}([^\n]*)");
    for (std::sregex_iterator it(help.begin(), help.end(), choices), end; it != end; ++it) {
      const Words listed = base::split((*it)[2].str(), ',');
      for (const char* between : {" or ", ", "})
        EXPECT_THAT((*it)[3].str(), Not(HasSubstr(base::join(listed, between))))
            << words << " " << (*it)[1];
    }
  }
  const std::string& help = help_of.at(" infer");
  // By its version, CLI11 writes a default as "=256" or as " [256]".
  for (const char* part :
       {R"(--max-tokens INT:INT in \[1 - 100000\](=256| \[256\])\s)",
        R"(TEXT:\{cpu,cuda\}(=cpu| \[cpu\])\s)", R"(TEXT:\{f32,bf16\}(=f32| \[f32\])\s)"})
    EXPECT_TRUE(std::regex_search(help, std::regex(part))) << part << "\n" << help;
  EXPECT_FALSE(std::regex_search(help, std::regex(R"((=| \[)(0|\[\]|\{\})\]?\s)"))) << help;
}

}  // namespace
}  // namespace lorahub::cli
