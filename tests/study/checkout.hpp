// A small checkout with pieces, a model, libraries of two ranks, and tasks, for tests of studies.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "study/folder.hpp"
#include "study/study.hpp"

namespace lorahub::study {

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

}  // namespace lorahub::study
