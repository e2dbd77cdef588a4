// What a study may not say, and the sentences about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "study/checkout.hpp"
#include "study/remarks.hpp"

namespace lorahub::study {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class StudyRefusals : public StudyTest {};

TEST_F(StudyRefusals, RefusalsOfTheFile) {
  EXPECT_EQ(refusal("question: q\nset: {shots: 5\nvary: {seed: [1]}\n").substr(0, 24),
            "s.yaml:3: not valid YAML");
  EXPECT_EQ(refusal("- a\n- b\n"),
            "s.yaml:1: the study file is not a list of `key: value` lines, write for example "
            "`question: ...` (see experiments/)");
  EXPECT_EQ(refusal("question:\nset: {shots: 5}\n"), "s.yaml:1: expected one value, not nothing");
  EXPECT_EQ(refusal(head_ + "sett: {shots: 5}\n"),
            "s.yaml:3: unknown key 'sett' (a study has: question, uses, set, vary, zip), did you "
            "mean 'set'?");
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\nset: {shots: 3}\n"),
            "s.yaml:4: 'set' is given twice (the first time on line 3), keep one of them");
  EXPECT_EQ(refusal(head_ + "set: [1]\n"),
            "s.yaml:3: expected `key: value` pairs, not a list or a word");
  EXPECT_EQ(error_of([&] { load(folder_.path() / "none.yaml"); }),
            (folder_.path() / "none.yaml").string() +
                ": no such study file, name a YAML file that exists (see experiments/)");
  EXPECT_EQ(error_of([&] { load(folder_.path()); }),
            folder_.path().string() + ": is a folder, name the study file in it");
}

TEST_F(StudyRefusals, SaysWhichMistakeMakesItNoYaml) {
  const std::string begin = "not valid YAML (", end = "), mend this line or the one above";
  EXPECT_EQ(
      refusal("question: Does it: work?\n"),
      "s.yaml:1: " + begin + "a second ': ' in one line; a text that holds one needs quotes" + end);
  EXPECT_EQ(refusal("question: 'Does it: work?'\n" + head_.substr(head_.find('\n') + 1) +
                    "set: {task: t1}\n"),
            "");
  EXPECT_THAT(refusal(head_ + "set: {shots: 5\n"), HasSubstr(begin + "a { is not closed" + end));
  EXPECT_THAT(refusal(head_ + "vary: {seed: [1, 2\n"),
              HasSubstr(begin + "a [ is not closed" + end));
  EXPECT_THAT(refusal(head_ + "set:\n   shots: 5\n  task: t1\n"),
              HasSubstr(begin + "keys of one level begin in different columns" + end));
}

TEST_F(StudyRefusals, RefusesASecondDocument) {
  const std::string second =
      "a second document begins here (only one is read), write it in a "
      "file of its own";
  EXPECT_EQ(refusal("---\n" + head_ + "set: {task: t1}\n---\nquestion: r\n"),
            "s.yaml:5: " + second);
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\n---\n"), "s.yaml:4: " + second);
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\n...\nvary: {seed: [1]}\n"), "s.yaml:4: " + second);
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\n", {{"shots", "3\n---\n4"}}),
            "--set shots: " + second);
  EXPECT_EQ(refusal("%YAML 1.2\n---\n" + head_ + "set: {task: t1}\n...\n"), "");
}

TEST_F(StudyRefusals, RefusesACommaThatIsInNoList) {
  const std::string comma =
      "not valid YAML (a comma that is in no list), mend this line or the one above";
  EXPECT_EQ(refusal(", question: q\n"), "s.yaml:1: " + comma);
  EXPECT_EQ(refusal("{question: q},\n"), "s.yaml:1: " + comma);
  for (const char* value : {",3", "[3], 4", "\"3\", 4"})
    EXPECT_EQ(refusal(head_ + "set: {task: t1}\n", {{"shots", value}}), "--set shots: " + comma);
}

TEST_F(StudyRefusals, RefusesAKnobGivenTwiceInAnySpelling) {
  const auto twice = [](int line, const std::string& knob, int first) {
    return base::format(
        "s.yaml:{}: '{}' is given twice (the first time on line {}), keep one of them", line, knob,
        first);
  };
  for (const std::string list : {"set", "vary", "zip"}) {
    const std::string value = list == "set" ? "3" : "[3]";
    EXPECT_EQ(refusal(head_ + list + ":\n  search.budget: " + value +
                      "\n  search: {budget: " + value + "}\n"),
              twice(5, "search.budget", 4));
  }
  EXPECT_EQ(refusal(head_ + "set:\n  search: {budget: 3}\n  search:\n    bound: 1\n"),
            twice(5, "search", 4));
  EXPECT_THAT(refusal(head_ + "set: {task: t1, search: {budget: 3}}\nvary: {search.budget: [4]}\n"),
              HasSubstr("'search.budget' stands in both set and vary"));
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\n", {{"shots", "3"}, {"shots", "4"}}),
            "--set shots: 'shots' is set twice on the command line (which one holds?), keep one");
  const auto piece =
      folder_.write("configs/search/twice.yaml", "search.budget: 3\nsearch: {budget: 4}\n");
  EXPECT_THAT(error_of([&] { read("question: q\nuses: {search: twice}\n"); }),
              StartsWith(piece.string() + ":2: 'search.budget' is given twice"));
}

TEST_F(StudyRefusals, RefusesWhatIsNoTextAPersonWrote) {
  using namespace std::string_literals;
  EXPECT_THAT(refusal("\xFF\xFEq\0:\0"s), AllOf(StartsWith("s.yaml:1:"), HasSubstr("UTF-16")));
  EXPECT_THAT(refusal("q\0u\0e\0s\0t\0"s), HasSubstr("UTF-16"));
  EXPECT_THAT(refusal("question: a\n\0uses: {}\n"s),
              AllOf(StartsWith("s.yaml:2:"), HasSubstr("0x00")));
  EXPECT_THAT(refusal("question: a\nset: {task: caf\xE9}\n"),
              AllOf(StartsWith("s.yaml:2:"), HasSubstr("0xe9"), HasSubstr("Latin-1")));
  EXPECT_THAT(refusal("question: a\nset:\n\tshots: 5\n"),
              AllOf(StartsWith("s.yaml:3:"), HasSubstr("a tab")));
  EXPECT_EQ(refusal("\xEF\xBB\xBF" + head_ + "set: {task: t1}\n\t# a remark\n"), "");
}

TEST_F(StudyRefusals, SaysWhichKnobsChangeNothing) {
  const auto said = [&](const std::string& yaml, const std::vector<Setting>& set = {}) {
    const Study study = read(yaml, set);
    return remarks(given_knobs(folder_.path() / "experiments/s.yaml", set), study.trials);
  };
  const std::string plain =
      head_ + "set: {task: t1, search.method: official, search.population: 4}\n";
  EXPECT_THAT(said(plain), ElementsAre(HasSubstr("search.population changes nothing")));
  EXPECT_THAT(said(plain, {{"search.method", "cma"}}), ElementsAre());
  EXPECT_EQ(said(plain, {{"search.sigma0", "1"}}).size(), 2U);
  EXPECT_THAT(said(head_ + "set: {task: t1, search.sigma0: 1}\n"
                           "vary: {search.method: [official, cma]}\n"),
              ElementsAre());
}

// These losses do not decide what `loss` seems to.
TEST_F(StudyRefusals, SaysWhatGoesByTheOfficialLossWhateverTheStudySays) {
  const auto said = [&](const std::string& more) {
    const std::string yaml = head_ + "set: {task: t1}\nvary: {" + more + "}\n";
    return remarks({}, read(yaml).trials);
  };
  EXPECT_THAT(said("loss: [official, accuracy], retrieve: [probe 1]"),
              ElementsAre(HasSubstr("choose the modules by the official loss")));
  EXPECT_THAT(said("loss: [accuracy], retrieve: [slope 1]"),
              ElementsAre(HasSubstr("choose the modules by the official loss")));
  EXPECT_THAT(said("loss: [token_mean], method: [lorahub, full, ia3, gradient]"),
              ElementsAre(HasSubstr("full, ia3 train on the official loss")));
  EXPECT_THAT(said("loss: [official], retrieve: [probe 1], method: [lorahub, full]"),
              ElementsAre());
  EXPECT_THAT(said("loss: [accuracy], method: [lorahub, uniform]"), ElementsAre());
}

TEST_F(StudyRefusals, SaysThatTheClockEndsASearch) {
  const auto said = [&](const std::string& more) {
    return remarks({}, read(head_ + "set: {task: t1, " + more + "}\n").trials);
  };
  EXPECT_THAT(said("search.time: 60s"), ElementsAre(HasSubstr("depends on the machine's speed")));
  EXPECT_THAT(said("search.time: none"), ElementsAre());
  EXPECT_THAT(said("search.time: 60s, method: uniform"), ElementsAre());
}

TEST_F(StudyRefusals, SaysThatAGradientHasNoDeltaEvaluation) {
  const auto said = [&](const std::string& more) {
    return remarks({}, read(head_ + "set: {task: t1, " + more + "}\n").trials);
  };
  EXPECT_THAT(said("precision: delta-bf16, method: gradient"),
              ElementsAre(HasSubstr("`gradient` computes in f32")));
  EXPECT_THAT(said("precision: delta-bf16, method: lorahub"), ElementsAre());
  EXPECT_THAT(said("precision: bf16, method: gradient"), ElementsAre());
}

TEST_F(StudyRefusals, RefusalsOfKnobs) {
  EXPECT_THAT(refusal(head_ + "set:\n  task: t1\n  shotss: 5\n"),
              ::testing::AllOf(StartsWith("s.yaml:5: unknown knob 'shotss' ("),
                               EndsWith("did you mean 'shots'?")));
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\nvary:\n  seed: [1, 2]\n  shots: [5, x]\n"),
            "s.yaml:6: shots 'x' is not a count of shots or a list of rows of the pool");
  EXPECT_EQ(refusal(head_ + "vary:\n  task: all\n  seed:\n    - 1\n    - -2\n"),
            "s.yaml:7: seed '-2' is not a seed, it must be a whole number of at least 0");
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\nvary: {seed: []}\n"),
            "s.yaml:4: the list of 'seed' is empty (no trial would run), name at least one value");
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\nvary: {seed: 3}\n"),
            "s.yaml:4: 'seed' needs a list of values here, such as [a, b]");
  EXPECT_EQ(refusal(head_ + "set: {task: t1, shots: 4}\nvary: {shots: [5]}\n"),
            "s.yaml:4: 'shots' stands in both set and vary (line 3 has it, too; which one holds?), "
            "keep one");
  EXPECT_EQ(refusal(head_ + "set: {shots: 4}\nzip: {task: [t1], shots: [5]}\n"),
            "s.yaml:4: 'shots' stands in both set and zip (line 3 has it, too; which one holds?), "
            "keep one");
  EXPECT_EQ(refusal(head_ + "vary: {task: [t1]}\nzip: {task: [t1]}\n"),
            "s.yaml:4: 'task' stands in both vary and zip (line 3 has it, too; which one holds?), "
            "keep one");
  EXPECT_EQ(refusal(head_ + "zip:\n  task: [t1, t2]\n  seed: [1]\n"),
            "s.yaml:5: 'seed' has 1 values and 'task' has 2, but lists of zip move together, give "
            "them one length");
  EXPECT_EQ(refusal(head_ + "set:\n  task: t1\n  shots: 0\n"),
            "s.yaml:5: shots is 0, but a trial's method learns from shots, take at least 1");
}

TEST_F(StudyRefusals, RefusalsOfWhatIsMissing) {
  EXPECT_EQ(refusal("question: q\nset: {task: own.jsonl}\n"),
            "s.yaml:1: the study has no model, add `uses: {model: ...}` or `set: {model: ...}`");
  EXPECT_EQ(refusal("question: q\nset: {task: own.jsonl, model: m}\n"),
            "s.yaml:1: the study has no library of modules (a trial mixes some), add `uses: "
            "{library: ...}` or `set: {library: ...}`");
  EXPECT_EQ(refusal(head_),
            "s.yaml:1: the study has no task, add `set: {task: ...}` or `vary: {task: all}`");
  EXPECT_EQ(refusal("question: q\nuses: {model: tiny}\nset: {task: all}\n"),
            "s.yaml:3: `task: all` needs a list of tasks, add for example `uses: {tasks: "
            "mini/unseen}`");
  EXPECT_EQ(refusal(head_ + "set: {task: t3}\n"),
            "s.yaml:3: no task 't3' (the tasks: t1, t2; and no such file), did you mean 't1'?");
  EXPECT_THAT(refusal("question: q\nset: {model: m, task: no.jsonl, method: icl}\n"),
              ::testing::AllOf(StartsWith("s.yaml:2: no file '"),
                               HasSubstr("/experiments/no.jsonl' for the task, ")));
  EXPECT_THAT(
      refusal(head_ + "set: {task: t1, library: lob}\n"),
      ::testing::AllOf(StartsWith("s.yaml:3: no library 'lob' (neither a piece: flat, lib;"),
                       EndsWith("did you mean 'lib'?")));
  folder_.write("experiments/more/own.jsonl", "");
  EXPECT_THAT(refusal("question: q\nset: {model: m, method: icl}\n"
                      "vary: {task: [own.jsonl, more/own.jsonl]}\n"),
              StartsWith("s.yaml:3: two tasks are called 'own' ("));
}

TEST_F(StudyRefusals, RefusalsOfPieces) {
  EXPECT_EQ(refusal("question: q\nuses: {models: tiny}\n"),
            "s.yaml:2: unknown kind of piece 'models' (the kinds: model, library, tasks, search), "
            "did you mean 'model'?");
  EXPECT_EQ(refusal("question: q\nuses:\n  model: tini\n"),
            "s.yaml:3: no piece configs/model/tini.yaml (there are: flan, heavy, tiny), did you "
            "mean 'tiny'?");
  EXPECT_EQ(refusal("question: q\nuses: {tasks: set/tow}\n"),
            "s.yaml:2: no piece configs/tasks/set/tow.yaml (there are: set/two), did you mean "
            "'set/two'?");
  EXPECT_EQ(refusal("question: q\nset: {task: own.jsonl, method: icl}\nvary: {model: [heavy]}\n"),
            "s.yaml:3: the piece 'heavy' also sets precision, which only `uses: {model: heavy}` "
            "can apply, use that");
  EXPECT_EQ(read("question: q\nuses: {model: heavy}\nset: {task: own.jsonl, method: icl}\n")
                .trials[0]
                .precision,
            Precision::bf16);

  const auto with = [&](const std::string& name, const std::string& text, const std::string& uses) {
    const auto file = folder_.write("configs/" + name + ".yaml", text).string();
    const auto message = error_of([&] { read("question: q\nuses: {" + uses + "}\n"); });
    EXPECT_THAT(message, StartsWith(file));
    return message.substr(std::min(message.size(), file.size()));
  };
  EXPECT_EQ(with("search/a", "uses: {model: tiny}\n", "search: a"),
            ":1: a piece can not use other pieces, name them in the study");
  EXPECT_THAT(with("search/b", "search.budget: 3\nfoo: 1\n", "search: b"),
              StartsWith(":2: unknown knob 'foo' ("));
  EXPECT_EQ(with("model/c", "precision: f32\n", "model: c"),
            ":1: the piece does not say 'model', add a line `model: ...`");
  EXPECT_THAT(with("library/d", "\nlibrary: nowhere\n", "library: d"),
              StartsWith(":2: no file or folder 'nowhere', name one that exists (relative to "));
  EXPECT_EQ(with("tasks/e", "tasks: [x, x]\npool: p\ntest: p\n", "tasks: e"),
            ":1: task 'x' is listed twice, keep one");
  folder_.write("configs/tasks/f.yaml", "tasks: [x]\npool: gone/{task}\ntest: gone/{task}\n");
  EXPECT_THAT(error_of([&] {
                read(
                    "question: q\nuses: {model: tiny, tasks: f}\nset: {task: x, "
                    "method: icl}\n");
              }),
              HasSubstr("configs/tasks/f.yaml:2: no file '"));
}

// Whatever is done to the text, a study loads or is refused in one line that names its place.
TEST_F(StudyRefusals, BrokenTextIsRefusedInOneSentence) {
  const auto whole = head_ +
                     "set: {task: [t1, own.jsonl], shots: [1, 2], search: {budget: 7}}\n"
                     "vary: {modules: [[a, b], all, 3], rank: [4, 2]}\n"
                     "zip: {seed: [1, 2], seed.shots: [&x 3, *x]}\n";
  base::Stream random(1, "broken yaml");
  const std::string marks = "[]{}:,&*!|>'\"%@`#-? \n\t0a\x01\xff";
  int refused = 0;
  for (int round = 0; round < 300; ++round) {
    auto text = whole;
    for (uint32_t edits = 1 + random.bits() % 3; edits > 0; --edits) {
      const auto at = random.bits() % text.size();
      if (random.bits() % 3 == 0)
        text.erase(at, 1 + random.bits() % 20);
      else
        text[at] = marks[random.bits() % marks.size()];
    }
    try {
      read(text);
    } catch (const base::Error& error) {
      ++refused;
      const std::string message = error.what();
      EXPECT_THAT(message, ::testing::MatchesRegex("[^\n]*\\.yaml:[0-9]+: [^\n]+")) << text;
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what() << " of\n" << text;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST_F(StudyRefusals, NamesAreWordsThatCanBeShown) {
  const std::string rest = "question: q\nuses: {model: tiny}\nset: {method: zero_shot, task: ";
  for (const char* name : {"t\nx", "t\x1b[2J", "t\u202ex"}) {
    folder_.write(std::string("experiments/") + name + ".jsonl", "");
    folder_.write("experiments/s.yaml", "");
    std::string escaped;
    for (const char c : std::string(name))
      escaped += c == '\n' ? "\\n" : c == '\x1b' ? "\\e" : std::string(1, c);
    EXPECT_THAT(error_of([&] { read(rest + "\"" + escaped + ".jsonl\"}\n"); }),
                HasSubstr("the task's name 't"));
  }
  for (const std::string& name : {std::string("a\nb"), std::string(".."), std::string("."),
                                  std::string(220, 'a'), std::string("\xff")})
    EXPECT_THAT(error_of([&] {
                  load(folder_.write("experiments/" + name + ".yaml", rest + "own.jsonl}\n"), {});
                }),
                HasSubstr("the study's file is called '"));
}

TEST_F(StudyRefusals, AGridTooLargeIsRefused) {
  std::string seeds = "0";
  for (int i = 1; i < 101; ++i) seeds += "," + std::to_string(i);
  EXPECT_THAT(refusal(head_ + "set: {task: t1}\nvary: {seed.modules: [" + seeds +
                      "], seed.shots: [" + seeds + "], seed.search: [" + seeds + "]}\n"),
              StartsWith("s.yaml:1: the lists multiply to 1.03e+06 trials (more than 1000000)"));
}

}  // namespace
}  // namespace lorahub::study
