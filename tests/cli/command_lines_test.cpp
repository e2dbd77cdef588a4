// Thousands of command lines that nobody meant: each ends with a code that the program promises
// and at most one sentence about it, whatever stands in it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <regex>
#include <set>

#include "base/file_kind.hpp"
#include "base/streams.hpp"
#include "base/text.hpp"
#include "cli/program.hpp"
#include "process.hpp"

namespace lorahub::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr unsigned kSeconds = 20;  // for a case that computes in earnest
constexpr unsigned kServing = 3;   // seconds of a service that listens

// What a child of this process prints and how it ends: a start of the program costs a fork.
class Child {
 public:
  explicit Child(const fs::path& folder) : folder_(folder) {}

  Ended run(const Words& words) const {
    const pid_t child = ::fork();
    if (child == 0) become(words);
    int state = 0;
    ::waitpid(child, &state, 0);
    return {.code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state),
            .out = read_all(folder_ / "out"),
            .err = read_all(folder_ / "err")};
  }

 private:
  static void redirect(const fs::path& file, int descriptor) {
    const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(opened, descriptor);
    ::close(opened);
  }

  [[noreturn]] void become(Words words) const {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::alarm(words.size() > 1 && words[1] == "serve" ? kServing : kSeconds);
    ::close(STDIN_FILENO);
    redirect(folder_ / "out", STDOUT_FILENO);
    redirect(folder_ / "err", STDERR_FILENO);
    if (::chdir((folder_ / "here").c_str()) != 0) ::_exit(99);
    base::open_standard_streams();
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const int code = program(static_cast<int>(words.size()), arguments.data());
    std::fflush(nullptr);
    ::_exit(code);
  }

  fs::path folder_;
};

// A place with a library, rows, weights and a study that work, and things that do not.
class CommandLines : public testing::Test {
 protected:
  const std::string path_ = std::getenv("PATH");

  void SetUp() override {
    ::setenv("PATH", (folder_ / "no programs").c_str(), 1);  // nothing is submitted or drawn
    ::setenv("LORAHUB_CONFIGS", SOURCE_DIR "/configs", 1);
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    for (const char* name : {"here/library", "here/folder", "here/results"})
      fs::create_directories(folder_ / name);
    const fs::path library = SOURCE_DIR "/configs/library/mini/r4";
    for (const char* module : {"find_letter", "max_letter"})
      fs::copy(library / module, folder_ / "here/library" / module, fs::copy_options::recursive);
    write("rows.jsonl",
          "{\"input\":\"which is a : fruit options: (A) van (B) fig\",\"target\":\"(B)\"}\n"
          "{\"input\":\"which is a : fruit options: (A) fig (B) van\",\"target\":\"(A)\"}\n"
          "{\"input\":\"which is a : tool options: (A) saw (B) van\",\"target\":\"(A)\"}\n");
    write("w.json", "[[0.5, 0.25]]");
    write("study.yaml",
          "question: q\nuses: {model: mini, tasks: mini/unseen}\n"
          "set: {library: library, task: E1_isa_letter, method: zero_shot, max_tokens: 1}\n");
    write("broken.yaml", "question: [\n");
    write("empty", "");
    write("noise", "\x1F\x8B\x08\xFF\xFE more");
    fs::permissions(folder_ / "here/noise", fs::perms::none);
    fs::create_symlink("nowhere", folder_ / "here/link");
  }
  void TearDown() override {
    ::setenv("PATH", path_.c_str(), 1);
    ::unsetenv("XDG_CACHE_HOME");
    fs::remove_all(folder_);
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / "here" / name, std::ios::binary) << text;
  }

  Ended run(const Words& words) const { return Child(folder_).run(words); }

  // What is wrong with how it ended; "" when nothing is.
  static std::string complaint(const Ended& ended) {
    static const std::set<int> promised{0, 1, 2, 75};
    if (ended.code == 128 + SIGALRM) return "";  // it had begun to compute in earnest
    if (!promised.contains(ended.code)) return "exit code " + std::to_string(ended.code);
    for (const char* leak : {"internal error", "what()", "std::", "basic_", "CLI::", "exception",
                             "terminate", "stack trace", "c10::", "yaml-cpp"})
      if (ended.err.find(leak) != std::string::npos) return std::string("leaks ") + leak;
    const auto unshown = [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
    };
    if (std::ranges::any_of(ended.err, unshown)) return "control characters";
    if (base::first_not_utf8(ended.err)) return "no UTF-8";
    const auto lines = std::ranges::count(ended.err, '\n');
    if (ended.code == 2 && (lines != 1 || !ended.err.starts_with("lorahub")) && !is_help(ended))
      return "not one sentence";
    return "";
  }
  static bool is_help(const Ended& ended) { return ended.err.find("Usage:") != std::string::npos; }

  static std::string shown(const Words& words) {
    std::string line;
    for (const std::string& word : words)
      line += " " + (word.size() > 80 ? word.substr(0, 20) + "<" + std::to_string(word.size()) + ">"
                                      : testing::PrintToString(word));
    return line;
  }

  void expect_promised(const Words& words) const {
    const Ended ended = run(words);
    const std::string wrong = complaint(ended);
    EXPECT_EQ(wrong, "") << shown(words) << "\n" << ended.err.substr(0, 600);
  }

  fs::path folder_ = fresh_folder("command_lines");
};

// The options that a command's help names, and whether each takes a value.
std::vector<std::pair<std::string, bool>> options(const std::string& help) {
  std::vector<std::pair<std::string, bool>> found;
  static const std::regex option("\n  (?:-[a-z],)?(--[a-z-]+)( (?:TEXT|INT|UINT|FLOAT)[^\n]*)?");
  for (std::sregex_iterator it(help.begin(), help.end(), option), end; it != end; ++it)
    if ((*it)[1] != "--help") found.emplace_back((*it)[1], (*it)[2].length() > 0);
  return found;
}

std::vector<Words> commands() {
  std::vector<Words> all{{}};
  for (const std::string& words : base::split(
           "run,plan,submit,merge,report,export,status,check,knobs,score,infer,adapt,compose,"
           "hub,hub list,hub show,hub verify,hub add,hub remove,probe,train,lab,bench,doctor,"
           "completion,manual,serve,scroe",
           ','))
    all.push_back(base::split(words, ' '));
  return all;
}
const std::vector<Words> kCommands = commands();

// Values at the limits, and no values at all.
const Words& hostile() {
  static const Words words = {"",
                              "0",
                              "-1",
                              "2147483647",
                              "-2147483648",
                              "2147483648",
                              "1e308",
                              "-1e400",
                              "nan",
                              "inf",
                              "0x10",
                              "99999999999999999999999",
                              "1:0",
                              "0:99999999999999999999",
                              "-",
                              "--",
                              "=",
                              "a=b",
                              "search.budget=-3",
                              "seed=nan",
                              "shots=[",
                              "x={",
                              "..",
                              ".",
                              "folder",
                              "empty",
                              "noise",
                              "link",
                              "broken.yaml",
                              "absent",
                              "absent/x",
                              "rows.jsonl/x",
                              "/dev/null",
                              "/proc/nowhere/x",
                              "/proc/self/mem",
                              "rows.jsonl",
                              "w.json",
                              "study.yaml",
                              "library",
                              "\xFF\xFE",
                              "caf\xC3\xA9",
                              "a\nb",
                              "\x1B[31mred",
                              "\x01\x02",
                              "%s%n",
                              "$(touch x)",
                              "'; touch x; '",
                              std::string(300, 'a'),
                              std::string(5000, 'b'),
                              std::string(100'000, 'c'),
                              "input=a,target=b",
                              "input=,",
                              "{\"a\": 1}",
                              "[[1, 2]]",
                              "1,2,,3",
                              "find_letter,find_letter"};
  return words;
}

class Lines {
 public:
  explicit Lines(unsigned seed) : random_(seed) {}

  Words next(const std::map<std::string, std::vector<std::pair<std::string, bool>>>& known) {
    const Words& command = kCommands[below(kCommands.size())];
    Words words{"lorahub"};
    words.insert(words.end(), command.begin(), command.end());
    const std::string name = command.empty() ? "" : command.back();
    if (one_in(2)) positional(name, words);
    const auto found = known.find(name);
    const size_t count = below(7);
    for (size_t i = 0; i < count; ++i) {
      if (found == known.end() || found->second.empty() || one_in(12)) {
        words.push_back(one_in(2) ? "--modle" : any());
        continue;
      }
      const auto& [option, takes] = found->second[below(found->second.size())];
      words.push_back(option);
      if (takes && !one_in(15)) words.push_back(one_in(2) ? good(option) : any());
    }
    if (name == "bench" || name == "lab" || name == "train") words.push_back("--threads=0");
    if (one_in(3)) required(name, words);
    return words;
  }

 private:
  size_t below(size_t n) { return random_() % n; }
  bool one_in(size_t n) { return below(n) == 0; }
  const std::string& any() { return hostile()[below(hostile().size())]; }

  std::string good(const std::string& option) const {
    static const std::map<std::string, std::string> values = {
        {"--model", SOURCE_DIR "/configs/model/mini"},
        {"--library", "library"},
        {"--adapter", "library/find_letter"},
        {"--task", "rows.jsonl"},
        {"--weights", "w.json"},
        {"--modules", "find_letter,max_letter"},
        {"--out", "out"},
        {"--set", "seed=2"},
        {"--only", "method=zero_shot"},
        {"--rows", "0:2"},
        {"--shots", "1"},
        {"--columns", "input=input,target=target"}};
    const auto found = values.find(option);
    return found == values.end() ? "1" : found->second;
  }

  void positional(const std::string& name, Words& words) {
    static const std::map<std::string, Words> values = {{"run", {"study.yaml"}},
                                                        {"plan", {"study.yaml"}},
                                                        {"submit", {"study.yaml"}},
                                                        {"merge", {"study.yaml"}},
                                                        {"report", {"results"}},
                                                        {"export", {"results"}},
                                                        {"status", {"results"}},
                                                        {"check", {"rows.jsonl"}},
                                                        {"list", {"library"}},
                                                        {"show", {"library", "find_letter"}},
                                                        {"verify", {"library"}},
                                                        {"add", {"library", "library/find_letter"}},
                                                        {"remove", {"library", "absent"}},
                                                        {"train", {"study.yaml"}},
                                                        {"lab", {"folder"}},
                                                        {"completion", {"bash"}},
                                                        {"manual", {"hub"}}};
    const auto found = values.find(name);
    if (found == values.end()) return;
    for (const std::string& value : found->second) words.push_back(one_in(3) ? any() : value);
  }

  void required(const std::string& name, Words& words) {
    static const std::map<std::string, Words> values = {
        {"score", {"--model", "--library", "--task", "--weights"}},
        {"infer", {"--model", "--task"}},
        {"adapt", {"--model", "--library", "--task", "--out"}},
        {"compose", {"--model", "--library", "--weights", "--out"}},
        {"probe", {"--model", "--library", "--task"}},
        {"add", {"--model"}}};
    const auto found = values.find(name);
    if (found == values.end()) return;
    for (const std::string& option : found->second) {
      if (std::ranges::count(words, option) > 0) continue;
      words.push_back(option);
      words.push_back(one_in(4) ? any() : good(option));
    }
  }

  std::mt19937 random_;
};

// LORAHUB_COMMAND_LINES=20000 tries more than the usual number, LORAHUB_SEED others.
unsigned number(const char* variable, unsigned usual) {
  const char* text = std::getenv(variable);
  return text == nullptr ? usual : static_cast<unsigned>(std::atoi(text));
}

TEST_F(CommandLines, EndAsTheProgramPromises) {
  std::map<std::string, std::vector<std::pair<std::string, bool>>> known;
  for (const Words& command : kCommands) {
    if (command.empty() || command.back() == "scroe") continue;
    Words words{"lorahub"};
    words.insert(words.end(), command.begin(), command.end());
    words.emplace_back("--help");
    known[command.back()] = options(run(words).out);
    const bool has_options =
        !std::set<std::string>{"hub", "check", "remove", "completion"}.contains(command.back());
    EXPECT_EQ(known[command.back()].empty(), !has_options) << command.back();
  }
  Lines lines(number("LORAHUB_SEED", 1));
  const unsigned count = number("LORAHUB_COMMAND_LINES", 400);
  for (unsigned i = 0; i < count; ++i) expect_promised(lines.next(known));
}

}  // namespace
}  // namespace lorahub::cli
