// The pieces and studies of the repository.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/random.hpp"
#include "study/experiments.hpp"
#include "study/folder.hpp"
#include "study/study.hpp"

namespace lorahub::study {
namespace {

namespace fs = std::filesystem;

std::map<Method, int> count_methods(const std::vector<Trial>& trials) {
  std::map<Method, int> counts;
  for (const auto& trial : trials) ++counts[trial.method];
  return counts;
}

TEST(Shipped, EveryStudyLoads) {
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(kExperiments)) {
    if (entry.path().extension() != ".yaml") continue;
    const auto study = load(entry.path());
    EXPECT_FALSE(study.trials.empty()) << entry.path();
    EXPECT_EQ(study.question.back(), '?') << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 5);
}

// Each piece in a study of its own.
TEST(Shipped, EveryPieceLoads) {
  const fs::path configs = fs::path(SOURCE_DIR) / "configs";
  const Folder folder;
  const auto own = folder.write("own.jsonl", "");
  setenv("LORAHUB_CONFIGS", configs.c_str(), 1);
  int seen = 0;
  for (const auto* kind : {"model", "library", "search", "tasks", "tasks/mini"}) {
    for (const auto& entry : fs::directory_iterator(configs / kind)) {
      if (entry.path().extension() != ".yaml") continue;
      const std::string kind_word = fs::path(kind).begin()->string();
      auto name = fs::relative(entry.path(), configs / kind_word).replace_extension().string();
      std::string uses = kind_word + ": " + name;
      if (kind_word != "model") uses += ", model: mini";
      if (kind_word != "library") uses += ", library: mini";
      const std::string task = kind_word == "tasks" ? "all" : own.string();
      const auto study = load(
          folder.write("s.yaml", "question: q\nuses: {" + uses + "}\nset: {task: " + task + "}\n"));
      EXPECT_FALSE(study.trials.empty()) << name;
      for (const auto& trial : study.trials) EXPECT_TRUE(fs::exists(trial.library_path)) << name;
      ++seen;
    }
  }
  unsetenv("LORAHUB_CONFIGS");
  EXPECT_GE(seen, 17);
}

TEST(Shipped, TheMiniLabsTargetsInOrder) {
  const auto names = [](const std::string& piece) {
    std::vector<std::string> list;
    const Folder folder;
    setenv("LORAHUB_CONFIGS", (fs::path(SOURCE_DIR) / "configs").c_str(), 1);
    const auto study =
        load(folder.write("s.yaml", "question: q\nuses: {model: mini, tasks: mini/" + piece +
                                        "}\nset: {method: icl, task: all}\n"));
    unsetenv("LORAHUB_CONFIGS");
    for (const auto& trial : study.trials) {
      list.push_back(trial.task);
      EXPECT_EQ(trial.max_tokens, 16);
    }
    return list;
  };
  const auto unseen = names("unseen");
  ASSERT_EQ(unseen.size(), 15U);
  for (size_t i = 0; i < unseen.size(); ++i)
    EXPECT_EQ(unseen[i].rfind("E" + std::to_string(i + 1) + "_", 0), 0U) << unseen[i];
  EXPECT_EQ(names("development").size(), 10U);
  EXPECT_EQ(names("controls").size(), 3U);
  EXPECT_EQ(names("all").size(), 28U);
}

TEST(Shipped, OfficialBbhIsThePapers) {
  const auto trials = load(kExperiments / "official_bbh.yaml").trials;
  const auto counts = count_methods(trials);
  EXPECT_EQ(counts.at(Method::zero_shot), 27);
  EXPECT_EQ(counts.at(Method::icl), 27);
  EXPECT_EQ(counts.at(Method::best_single), 27 * 5);
  EXPECT_EQ(counts.at(Method::uniform), 27 * 5);
  EXPECT_EQ(counts.at(Method::lorahub), 27 * 5 * 2);
  EXPECT_EQ(counts.at(Method::random_lora), 27 * 5 * 2);
  EXPECT_EQ(trials.size(), 864U);
  for (const auto& trial : trials) {
    EXPECT_EQ(trial.model_path, "google/flan-t5-large");
    EXPECT_EQ(trial.max_tokens, 256);
    EXPECT_EQ(trial.batch, 10);
    EXPECT_EQ(trial.search.budget, 40);
    EXPECT_EQ(trial.search.bound, 1.5);
    if (!uses_shots(trial.method)) continue;
    auto rows = base::python_shuffle(trial.seed.shots, 100);
    rows.resize(static_cast<size_t>(trial.shots.count));
    ASSERT_EQ(rows, (std::vector<int>{42, 41, 91, 9, 65}));
  }
}

TEST(Shipped, QuickstartIsPaired) {
  const auto trials = load(kExperiments / "quickstart.yaml").trials;
  const auto counts = count_methods(trials);
  EXPECT_EQ(counts.at(Method::zero_shot), 4);
  EXPECT_EQ(counts.at(Method::lorahub), 12);
  EXPECT_EQ(counts.at(Method::random_lora), 12);
  EXPECT_EQ(counts.at(Method::best_single), 12);
  for (const auto& trial : trials) EXPECT_EQ(trial.task[0], 'E');  // reported, never tuned on
}

TEST(Shipped, TheReferenceHasTheLabsDraws) {
  const auto trials = load(kExperiments / "minilab_reference.yaml").trials;
  const auto counts = count_methods(trials);
  EXPECT_EQ(counts.at(Method::zero_shot), 15);
  EXPECT_EQ(counts.at(Method::uniform), 15 * 3);
  EXPECT_EQ(counts.at(Method::lorahub), 15 * 3 * 2);
  for (const auto& trial : trials) {
    if (!uses_search(trial.method)) continue;
    const auto draw = trial.seed.search - 1;
    EXPECT_LT(draw, 3U);
    EXPECT_EQ(trial.seed.modules, 1000 * draw + 7);
    EXPECT_EQ(std::set<int>(trial.shots.rows.begin(), trial.shots.rows.end()).size(), 5U);
  }
  EXPECT_EQ(load(kExperiments / "minilab_reference_official.yaml").trials.size(), 45U);
  EXPECT_EQ(load(kExperiments / "minilab_reference_product.yaml").trials.size(), 45U);
}

// The committed files are what their script prints: the draws are Python's, not copied by hand.
TEST(Shipped, TheReferenceIsWhatItsScriptPrints) {
  for (const auto& [word, file] :
       std::map<std::string, std::string>{{"table", "minilab_reference.yaml"},
                                          {"official", "minilab_reference_official.yaml"},
                                          {"product", "minilab_reference_product.yaml"}}) {
    const auto command =
        "python3 '" + (kExperiments / "lab/reference_draws.py").string() + "' " + word;
    std::FILE* pipe = popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string printed;
    std::array<char, 4096> buffer{};
    for (size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
      printed.append(buffer.data(), n);
    ASSERT_EQ(pclose(pipe), 0);
    EXPECT_EQ(printed, base::read_file(kExperiments / file)) << file;
  }
}

}  // namespace
}  // namespace lorahub::study
