#include "study/study.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/random.hpp"
#include "study/folder.hpp"
#include "study/remarks.hpp"

namespace lorahub::study {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A checkout in small: pieces, a model, libraries of two ranks, two tasks and one of a single file.
class StudyTest : public ::testing::Test {
 protected:
  StudyTest() {
    folder_.write("configs/model/tiny.yaml", "model: tiny\n");
    folder_.write("configs/model/tiny/config.json", "{}");
    folder_.write("configs/model/flan.yaml", "model: google/flan-t5-large\n");
    folder_.write("configs/model/heavy.yaml", "model: tiny\nprecision: bf16\n");
    folder_.write("configs/library/lib.yaml", "ranks: {4: lib/r4, 16: lib/r16}\nrank: 16\n");
    folder_.write("configs/library/lib/r4/a", "");
    folder_.write("configs/library/lib/r16/a", "");
    folder_.write("configs/library/flat.yaml", "library: names.txt\n");
    folder_.write("configs/library/names.txt", "a\n");
    folder_.write("configs/tasks/set/two.yaml",
                  "tasks: [t1, t2]\npool: two/{task}/pool.jsonl\ntest: two/{task}/test.jsonl\n"
                  "max_tokens: 16\n");
    for (const auto* task : {"t1", "t2"})
      for (const auto* part : {"pool", "test"})
        folder_.write(std::string("configs/tasks/set/two/") + task + "/" + part + ".jsonl", "");
    folder_.write("configs/search/wide.yaml", "search.budget: 400\nsearch.population: 10\n");
    folder_.write("experiments/own.jsonl", "");
  }

  Study read(const std::string& yaml, const std::vector<Setting>& set = {}) const {
    return load(folder_.write("experiments/s.yaml", yaml), set);
  }
  // The refusal of a study, without its folder: "s.yaml:3: ...".
  std::string refusal(const std::string& yaml, const std::vector<Setting>& set = {}) const {
    auto message = error_of([&] { read(yaml, set); });
    const auto prefix = (folder_.path() / "experiments").string() + "/";
    return message.rfind(prefix, 0) == 0 ? message.substr(prefix.size()) : message;
  }

  // Values of one column over the trials.
  static std::vector<std::string> over(const Study& study, const std::string& name) {
    std::vector<std::string> values;
    for (const auto& trial : study.trials)
      for (const auto& [key, value] : columns(trial))
        if (key == name) values.push_back(value);
    return values;
  }

  const Folder folder_;
  const std::string head_ =
      "question: q?\nuses: {model: tiny, library: lib, tasks: set/two, search: wide}\n";  // 2 lines
};

TEST_F(StudyTest, ReadsQuestionNameAndPieces) {
  const auto study = read(head_ + "set: {task: t1}\n");
  EXPECT_EQ(study.name, "s");
  EXPECT_EQ(study.question, "q?");
  EXPECT_EQ(study.yaml, head_ + "set: {task: t1}\n");
  ASSERT_EQ(study.trials.size(), 1U);
  const auto& t = study.trials[0];
  const auto configs = folder_.path() / "configs";
  EXPECT_EQ(t.model, "tiny");
  EXPECT_EQ(t.model_path, configs / "model/tiny");
  EXPECT_EQ(t.library, "lib");
  EXPECT_EQ(t.library_path, configs / "library/lib/r16");
  EXPECT_EQ(t.rank, 16);
  EXPECT_EQ(t.task, "t1");
  EXPECT_EQ(t.task_files.pool, configs / "tasks/set/two/t1/pool.jsonl");
  EXPECT_EQ(t.task_files.test, configs / "tasks/set/two/t1/test.jsonl");
  EXPECT_EQ(t.max_tokens, 16);
  EXPECT_EQ(t.search.budget, 400);
  EXPECT_EQ(t.search.population, 10);
}

TEST_F(StudyTest, SetWinsOverPieces) {
  const auto t = read(head_ + "set: {task: t1, max_tokens: 5, search.budget: 7}\n").trials[0];
  EXPECT_EQ(t.max_tokens, 5);
  EXPECT_EQ(t.search.budget, 7);
  EXPECT_EQ(t.search.population, 10);
}

TEST_F(StudyTest, LastKeyOfVaryIsFastest) {
  const auto study = read(head_ + "vary: {task: all, modules: [5, 10], seed: [1, 2]}\n");
  EXPECT_THAT(over(study, "task"), ElementsAre("t1", "t1", "t1", "t1", "t2", "t2", "t2", "t2"));
  EXPECT_THAT(over(study, "modules"), ElementsAre("5", "5", "10", "10", "5", "5", "10", "10"));
  EXPECT_THAT(over(study, "seed.search"), ElementsAre("1", "2", "1", "2", "1", "2", "1", "2"));
}

TEST_F(StudyTest, EqualTrialsRunOnce) {
  const auto study =
      read(head_ +
           "set: {task: t1}\nvary: {method: [zero_shot, icl, lorahub], modules: [5, 10], "
           "seed: [1, 2, 3]}\n");
  EXPECT_THAT(over(study, "method"),
              ElementsAre("zero_shot", "icl", "icl", "icl", "lorahub", "lorahub", "lorahub",
                          "lorahub", "lorahub", "lorahub"));
  std::set<std::string> ids;
  for (const auto& trial : study.trials) ids.insert(id(trial));
  EXPECT_EQ(ids.size(), study.trials.size());
}

TEST_F(StudyTest, MoreValuesKeepTheOldIds) {
  const auto before = read(head_ + "set: {task: t1}\nvary: {seed: [1, 2]}\n").trials;
  const auto after = read(head_ + "vary: {task: [t2, t1], seed: [0, 2, 1]}\n").trials;
  std::set<std::string> ids;
  for (const auto& trial : after) ids.insert(id(trial));
  EXPECT_EQ(ids.size(), 6U);
  for (const auto& trial : before) EXPECT_TRUE(ids.contains(id(trial)));
}

TEST_F(StudyTest, AMethodWithoutShotsDrawsNone) {
  const auto study = read(head_ + "set: {task: t1, shots: 5}\nvary: {method: [zero_shot, icl]}\n");
  EXPECT_EQ(study.trials[0].shots.count, 0);
  EXPECT_EQ(study.trials[1].shots.count, 5);
}

TEST_F(StudyTest, ZipMovesTogetherBeforeVary) {
  const auto study = read(head_ +
                          "vary: {rank: [4, 16]}\n"
                          "zip: {task: [t2, t1], shots: [[4, 2], [1]], seed.search: [8, 9]}\n");
  EXPECT_THAT(over(study, "task"), ElementsAre("t2", "t2", "t1", "t1"));
  EXPECT_THAT(over(study, "shots"), ElementsAre("[4,2]", "[4,2]", "[1]", "[1]"));
  EXPECT_THAT(over(study, "seed.search"), ElementsAre("8", "8", "9", "9"));
  EXPECT_THAT(over(study, "rank"), ElementsAre("4", "16", "4", "16"));
}

TEST_F(StudyTest, RankPicksItsFolderOrCutsTheLargest) {
  const auto trials = read(head_ + "set: {task: t1}\nvary: {rank: [4, 16, 2]}\n").trials;
  const auto library = folder_.path() / "configs/library/lib";
  EXPECT_EQ(trials[0].library_path, library / "r4");
  EXPECT_EQ(trials[1].library_path, library / "r16");
  EXPECT_EQ(trials[2].library_path, library / "r16");
  EXPECT_EQ(trials[2].rank, 2);
  EXPECT_EQ(id(trials[1]), id(read(head_ + "set: {task: t1}\n").trials[0]));
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\nvary:\n  rank: [4, 32]\n"),
            "s.yaml:5: rank 32 is more than the library lib has (16 at most), take a smaller one");
}

TEST_F(StudyTest, NamedDrawsVaryAsListsOfLists) {
  const auto study = read(head_ + "set: {task: t1}\nvary: {modules: [[a, b], [c], 3, all]}\n");
  EXPECT_THAT(over(study, "modules"), ElementsAre("[a,b]", "[c]", "3", "all"));
}

TEST_F(StudyTest, TasksAreNamesAListOrFiles) {
  EXPECT_THAT(over(read(head_ + "set: {task: all}\n"), "task"), ElementsAre("t1", "t2"));
  EXPECT_THAT(over(read(head_ + "set: {task: [t2]}\n"), "task"), ElementsAre("t2"));
  const auto file = folder_.path() / "experiments/own.jsonl";
  for (const auto& name : {std::string("own.jsonl"), file.string()}) {
    const auto study = read("question: q\nset: {model: m, method: icl, task: [" + name + "]}\n");
    EXPECT_EQ(study.trials[0].task, "own");
    EXPECT_EQ(study.trials[0].task_files.pool, file);
    EXPECT_EQ(study.trials[0].task_files.test, file);
  }
  EXPECT_THAT(over(read(head_ + "vary: {task: [own.jsonl, all]}\n"), "task"),
              ElementsAre("own", "t1", "t2"));
}

TEST_F(StudyTest, SetTasksComeBeforeTheOtherAxes) {
  EXPECT_THAT(over(read(head_ + "set: {task: all}\nvary: {seed: [1, 2]}\n"), "task"),
              ElementsAre("t1", "t1", "t2", "t2"));
}

TEST_F(StudyTest, ModelsArePiecesFoldersOrPublishedNames) {
  folder_.write("experiments/here/config.json", "{}");
  const auto trials = read(
                          "question: q\nset: {method: zero_shot, task: own.jsonl}\n"
                          "vary: {model: [tiny, flan, here, google/flan-t5-xl, ./none, /none]}\n")
                          .trials;
  const auto root = folder_.path();
  ASSERT_EQ(trials.size(), 6U);
  EXPECT_EQ(trials[0].model_path, root / "configs/model/tiny");
  EXPECT_EQ(trials[1].model_path, "google/flan-t5-large");
  EXPECT_EQ(trials[1].model, "flan");
  EXPECT_EQ(trials[2].model_path, root / "experiments/here");
  EXPECT_EQ(trials[3].model_path, "google/flan-t5-xl");
  EXPECT_EQ(trials[4].model_path, root / "experiments/none");
  EXPECT_EQ(trials[5].model_path, "/none");
}

TEST_F(StudyTest, APathInSetReplacesThePieceAndItsRank) {
  folder_.write("experiments/mine/a", "");
  const auto t = read(head_ + "set: {task: t1, library: mine}\n").trials[0];
  EXPECT_EQ(t.library_path, folder_.path() / "experiments/mine");
  EXPECT_EQ(t.rank, 0);
  EXPECT_EQ(read(head_ + "set: {task: t1, library: flat}\n").trials[0].library_path,
            folder_.path() / "configs/library/names.txt");
}

TEST_F(StudyTest, PiecesAreAlsoFoundByTheEnvironment) {
  const Folder elsewhere;
  const auto file = elsewhere.write("s.yaml", head_ + "set: {task: t1}\n");
  EXPECT_THAT(error_of([&] { load(file); }),
              HasSubstr("s.yaml:2: no piece configs/model/tiny.yaml (no folder `configs` lies above"
                        " the study), set LORAHUB_CONFIGS"));
  setenv("LORAHUB_CONFIGS", (folder_.path() / "configs").c_str(), 1);
  EXPECT_EQ(load(file).trials.at(0).model_path, folder_.path() / "configs/model/tiny");
  unsetenv("LORAHUB_CONFIGS");
}

TEST_F(StudyTest, SetOfTheCommandLineReplaces) {
  const auto yaml = head_ + "set: {task: t1, shots: 5}\nvary: {seed: [1, 2, 3]}\n";
  EXPECT_THAT(over(read(yaml, {{"seed", "[7, 8]"}}), "seed.search"), ElementsAre("7", "8"));
  EXPECT_THAT(over(read(yaml, {{"seed", "9"}}), "seed.search"), ElementsAre("9"));
  EXPECT_THAT(over(read(yaml, {{"shots", "3"}, {"seed", "1"}}), "shots"), ElementsAre("3"));
  EXPECT_THAT(over(read(yaml, {{"batch", "3"}, {"seed", "1"}}), "batch"), ElementsAre("3"));
  EXPECT_THAT(over(read(yaml, {{"task", "all"}, {"seed", "1"}}), "task"), ElementsAre("t1", "t2"));
  EXPECT_THAT(refusal(yaml, {{"shot", "3"}}), StartsWith("--set shot: unknown knob 'shot' ("));
  EXPECT_EQ(refusal(yaml, {{"shots", "-3"}}),
            "--set shots: -3 is too small, it must be at least 0");
  EXPECT_EQ(refusal(yaml, {{"seed", "[]"}}),
            "--set seed: the list of 'seed' is empty (no trial would run), name at least one "
            "value");
  EXPECT_THAT(refusal(yaml, {{"shots", "[1"}}), StartsWith("--set shots: not valid YAML ("));
  EXPECT_EQ(refusal(head_ + "zip: {task: [t1], seed: [1]}\n", {{"seed", "2"}}),
            "--set seed: 'seed' moves together with others under zip, change the study instead");
}

// Varied values replace those of a piece trial by trial; none may write into the other.
TEST_F(StudyTest, VaryOverAPieceLeavesItAsItIs) {
  const auto study = read(head_ +
                          "set: {task: t1}\nvary: {search.budget: [5, 6], method: [lorahub, "
                          "random_lora]}\n");
  EXPECT_THAT(over(study, "search.budget"), ElementsAre("5", "5", "6", "6"));
  EXPECT_THAT(over(study, "search.population"), ElementsAre("10", "10", "10", "10"));
  EXPECT_THAT(over(study, "method"),
              ElementsAre("lorahub", "random_lora", "lorahub", "random_lora"));
}

TEST_F(StudyTest, RefusalsOfTheFile) {
  EXPECT_EQ(refusal("question: q\nset: {shots: 5\nvary: {seed: [1]}\n").substr(0, 24),
            "s.yaml:3: not valid YAML");
  EXPECT_EQ(refusal("- a\n- b\n"),
            "s.yaml:1: the study file is not a list of `key: value` lines, write for example "
            "`question: ...`");
  EXPECT_EQ(refusal("uses: {model: tiny}\n"),
            "s.yaml:1: the study has no question (its results would not say what they are for), "
            "add a line `question: ...`");
  EXPECT_EQ(refusal(head_ + "sett: {shots: 5}\n"),
            "s.yaml:3: unknown key 'sett' (a study has: question, uses, set, vary, zip), did you "
            "mean 'set'?");
  EXPECT_EQ(refusal(head_ + "set: {task: t1}\nset: {shots: 3}\n"),
            "s.yaml:4: 'set' is given twice (the first time on line 3), keep one of them");
  EXPECT_EQ(refusal(head_ + "set: [1]\n"),
            "s.yaml:3: expected `key: value` pairs, not a list or a word");
  EXPECT_EQ(error_of([&] { load(folder_.path() / "none.yaml"); }),
            (folder_.path() / "none.yaml").string() +
                ": no such study file, name a YAML file that exists (experiments/ holds some)");
}

TEST_F(StudyTest, RefusesASecondDocument) {
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

TEST_F(StudyTest, RefusesAKnobGivenTwiceInAnySpelling) {
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

TEST_F(StudyTest, RefusesWhatIsNoTextAPersonWrote) {
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

TEST_F(StudyTest, SaysWhichKnobsChangeNothing) {
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

TEST_F(StudyTest, RefusalsOfKnobs) {
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

TEST_F(StudyTest, RefusalsOfWhatIsMissing) {
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

TEST_F(StudyTest, RefusalsOfPieces) {
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
TEST_F(StudyTest, BrokenTextIsRefusedInOneSentence) {
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

TEST_F(StudyTest, NamesAreWordsThatCanBeShown) {
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

TEST_F(StudyTest, AGridTooLargeIsRefused) {
  std::string seeds = "0";
  for (int i = 1; i < 101; ++i) seeds += "," + std::to_string(i);
  EXPECT_THAT(refusal(head_ + "set: {task: t1}\nvary: {seed.modules: [" + seeds +
                      "], seed.shots: [" + seeds + "], seed.search: [" + seeds + "]}\n"),
              StartsWith("s.yaml:1: the lists multiply to 1.03e+06 trials (more than 1000000)"));
}

}  // namespace
}  // namespace lorahub::study
