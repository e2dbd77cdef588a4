// Studies and adaptations by other objectives than cross-entropy: answers of the shots, and what a
// program of the user's says.
#include <nlohmann/json.hpp>

#include "run/small_study.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;

const char* const kByAnswers = R"(question: Do answers lead a search?
uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}
set: {shots: 5, modules: 6, search.budget: 25, search.population: 10, max_tokens: 8}
vary: {loss: [accuracy, similarity], method: [best_single, lorahub], task: [E1_isa_letter], seed: [1]}
)";

std::string payload_of_study(const std::string& text, const std::string& launcher) {
  const auto folder = fresh_folder("objective");
  write_study(folder, text);
  const Ended ended = run_study(folder, launcher);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return payload(folder);
}

TEST(Objective, AnswersGiveTheSameBitsForAnyRanks) {
  const std::string alone = payload_of_study(kByAnswers, "");
  EXPECT_NE(alone, "");
  EXPECT_EQ(payload_of_study(kByAnswers, "mpirun -np 3"), alone);
}

const char* const kHeldOut = R"(question: Do runs that each miss a shot agree?
uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}
set: {shots: 5, modules: 4, search.population: 6, search.runs: 5, search.budget: 63, search.recommend: mean, max_tokens: 8, task: E1_isa_letter}
vary: {loss: [token_mean, accuracy], loss.held_out: [0, 1]}
)";

// The last generation has three candidates. `report` and `check` read what was told.
TEST(Objective, HeldOutShotsGiveTheSameBitsForAnyRanksAndAreReplayed) {
  const std::string alone = payload_of_study(kHeldOut, "");
  EXPECT_NE(alone, "");
  const auto folder = fresh_folder("held_out");
  write_study(folder, kHeldOut);
  ASSERT_EQ(run_study(folder, "mpirun -np 3").code, 0);
  EXPECT_EQ(payload(folder), alone);
  const Ended checked =
      run_command(std::string(PROGRAM) + " check " + quoted(folder / "out/out.h5"));
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
}

// The first generation does not depend on losses: the mean over the five runs of the losses of
// equal weights is the mean over the shots where the loss is a mean of shots.
TEST(Objective, EachRunIsToldItsOwnShots) {
  std::string text = kHeldOut;
  text.replace(text.find("[token_mean, accuracy]"), 22, "[example_mean]");
  text.replace(text.find("max_tokens: 8"), 13, "max_tokens: 8, penalty.kind: none");
  const auto folder = fresh_folder("held_out");
  write_study(folder, text);
  ASSERT_EQ(run_study(folder, "").code, 0);
  std::map<bool, search::Generation> first;
  for (const auto& journal : journals(folder))
    for (const auto& [id, record] : store::read_journal(journal).finished) {
      const std::map<std::string, std::string> knobs{record.knobs.begin(), record.knobs.end()};
      first[knobs.at("loss.held_out") == "1"] = record.generations.front();
    }
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[true].population.weights, first[false].population.weights);
  int unlike = 0;
  for (size_t p = 0; p < first[true].losses.size(); ++p) {
    // Without a shot of loss l the mean of five, m, becomes (5 m - l) / 4, with l from 0 to 5 m.
    EXPECT_LE(first[true].losses[p], 1.25 * first[false].losses[p]);
    EXPECT_GE(first[true].losses[p], 0);
    unlike += first[true].losses[p] != first[false].losses[p] ? 1 : 0;
  }
  EXPECT_EQ(unlike, 30);
}

TEST(Objective, AGradientOfAnswersIsRefused) {
  const auto folder = fresh_folder("objective");
  write_study(
      folder,
      std::string(kByAnswers).replace(std::string(kByAnswers).find("best_single"), 11, "gradient"));
  const Ended ended = run_study(folder, "");
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("method gradient has no loss 'accuracy'"), std::string::npos)
      << ended.err;
}

// A program whose loss is the distance of the weights to 0.25 each, and which notes what it is
// asked.
fs::path distance_program(const fs::path& folder) {
  const fs::path file = folder / "distance.py";
  std::ofstream(file) << R"(import json, sys
notes = open(sys.argv[1], "a")
for line in sys.stdin:
    asked = json.loads(line)
    notes.write(line)
    notes.flush()
    print(json.dumps({"losses": [sum((w - 0.25) ** 2 for w in row) for row in asked["weights"]]}), flush=True)
)";
  return file;
}

std::string asking(const std::string& program) {
  return "question: Is a program asked?\n"
         "uses: {model: mini, library: mini, tasks: mini/unseen, search: cma}\n"
         "set: {shots: 5, modules: 4, search.budget: 60, search.population: 12, max_tokens: 8, "
         "penalty.kind: none, loss: ask, loss.patience: 60, loss.program: \"" +
         program + "\"}\nvary: {method: [lorahub, uniform], task: [E1_isa_letter], seed: [1, 2]}\n";
}

std::vector<nlohmann::json> questions(const fs::path& notes) {
  std::ifstream in(notes);
  std::vector<nlohmann::json> all;
  for (std::string line; std::getline(in, line);) all.push_back(nlohmann::json::parse(line));
  return all;
}

TEST(Objective, AProgramIsAskedOnceAPopulation) {
  const auto folder = fresh_folder("asked");
  const fs::path notes = folder / "notes";
  const std::string program = "python3 " + distance_program(folder).string() + " " + notes.string();
  write_study(folder, asking(program));
  const Ended ended = run_study(folder, "");
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto all = questions(notes);
  ASSERT_EQ(all.size(), 10u);  // two searches of five generations
  for (const nlohmann::json& asked : all) {
    EXPECT_EQ(asked["ask"], "losses");
    EXPECT_EQ(asked["task"], "E1_isa_letter");
    EXPECT_EQ(asked["shots"].size(), 5u);
    EXPECT_TRUE(asked["shots"][0].contains("input") && asked["shots"][0].contains("target"));
    ASSERT_EQ(asked["modules"].size(), 4u);
    EXPECT_TRUE(fs::is_regular_file(fs::path(asked["modules"][3]) / "adapter_config.json"));
    EXPECT_TRUE(fs::is_regular_file(fs::path(asked["model"]) / "config.json"));
    ASSERT_EQ(asked["weights"].size(), 12u);
    EXPECT_EQ(asked["weights"][0].size(), 4u);
  }
  int searched = 0;
  for (const auto& journal : journals(folder))
    for (const auto& [id, record] : store::read_journal(journal).finished) {
      if (record.generations.empty()) continue;
      ++searched;
      double distance = 0;
      for (const double w : record.weights) distance += (w - 0.25) * (w - 0.25);
      EXPECT_NEAR(record.best_loss, distance, 1e-12);
      EXPECT_LT(distance, record.generations.front().losses.front());
    }
  EXPECT_EQ(searched, 2);
}

TEST(Objective, AProgramGivesTheSameBitsForAnyRanks) {
  const auto program = [](const std::string& name) {
    const fs::path folder = fresh_folder(name);
    return "python3 " + distance_program(folder).string() + " /dev/null";
  };
  const std::string text = asking(program("layout_program"));
  const std::string alone = payload_of_study(text, "");
  EXPECT_NE(alone, "");
  EXPECT_EQ(payload_of_study(text, "mpirun -np 2"), alone);
}

Ended adapt_asking(const std::string& more) {
  const fs::path mini = fs::path(SOURCE_DIR) / "configs";
  return run_command(std::string(PROGRAM) +
                     " adapt --json --quick --quiet --search official --budget 12 "
                     "--modules copy_comma,find_letter,rot_brack --penalty none --model " +
                     quoted(mini / "model/mini") + " --library " +
                     quoted(mini / "library/mini/r16") + " --task " +
                     quoted(mini / "tasks/mini/unseen/E1_isa_letter/pool.jsonl") + " --out " +
                     quoted(fresh_folder("adapted") / "out") + " --set loss=ask " + more);
}

TEST(Objective, AdaptAsksEachCandidateOnce) {
  const auto folder = fresh_folder("asked");
  const fs::path notes = folder / "notes";
  const Ended ended = adapt_asking("'loss.program=python3 " + distance_program(folder).string() +
                                   " " + notes.string() + "'");
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::vector<nlohmann::json> weights;
  for (const nlohmann::json& asked : questions(notes))
    for (const auto& row : asked["weights"]) weights.push_back(row);
  EXPECT_EQ(weights.size(), 12u);
  EXPECT_EQ(weights.front(), nlohmann::json({0.0, 0.0, 0.0}));
  const auto result = nlohmann::json::parse(ended.out);
  EXPECT_DOUBLE_EQ(result["zero_loss"].get<double>(), 3 * 0.0625);
  EXPECT_LT(result["loss"].get<double>(), 3 * 0.0625);
}

TEST(Objective, AProgramThatFailsIsOneSentence) {
  const std::pair<const char*, const char*> cases[] = {
      {"exit 3", "ended with code 3 before it answered"},
      {"echo nonsense", "answers 'nonsense' (a loss of each of 1"},
      {R"(echo '{"losses": [1, 2]}')", "a loss of each of 1"},
      {R"(echo '{"losses": ["1"]}')", "a loss of each of 1"},
      {R"(echo '{"error": "no such scorer"}')", "says: no such scorer"},
      {"sleep 600", "has not answered for 1 s"},
  };
  const fs::path script = fresh_folder("failing") / "script.sh";
  for (const auto& [body, words] : cases) {
    std::ofstream(script) << "read -r line\n" << body << "\n";
    const std::string patience = body[0] == 's' ? "1" : "300";
    const Ended ended =
        adapt_asking("loss.patience=" + patience + " 'loss.program=sh " + script.string() + "'");
    EXPECT_EQ(ended.code, 2) << body;
    EXPECT_NE(ended.err.find(words), std::string::npos) << ended.err;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
}

TEST(Objective, AProgramThatIsNotNamedIsAskedFor) {
  EXPECT_NE(adapt_asking("").err.find("no program is named"), std::string::npos);
  const auto folder = fresh_folder("objective");
  std::string text = asking("");
  const std::string program = ", loss.program: \"\"";
  text.erase(text.find(program), program.size());
  write_study(folder, text);
  const Ended ended = run_study(folder, "");
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("small.yaml:3: loss is 'ask' and no program is named"),
            std::string::npos)
      << ended.err;
}

}  // namespace
}  // namespace lorahub
