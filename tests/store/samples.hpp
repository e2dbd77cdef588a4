// Made-up histories for the tests of this folder.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <string>

#include "base/check.hpp"
#include "base/sha256.hpp"
#include "store/hdf5.hpp"
#include "store/journal.hpp"

namespace lorahub::store::samples {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lorahub_store_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline const std::string kOne = "1a5e1876d96499f6";  // the trial of E1 with seed 1

inline Header header() {
  return {.study = "quick",
          .question = "Does it work, in Zürich too?",
          .yaml = "question: x\nset: {shots: 2}\n",
          .command_line = "lorahub run quick.yaml",
          .started_utc = "2026-01-31T12:00:00Z",
          .environment = {{"host", "node1"}, {"version", "0.1.0"}}};
}

inline Inputs inputs() {
  return {{"model", base::sha256("model")},
          {"module a", base::sha256("a")},
          {"module b_mödule", base::sha256("b")},
          {"shots", base::sha256("shots")},
          {"test", base::sha256("test")}};
}

inline std::vector<std::pair<std::string, std::string>> knobs(const std::string& task, int seed) {
  return {{"task", task},
          {"method", "lorahub"},
          {"modules", "2"},
          {"search.budget", "5"},
          {"search.sigma0", "0.25"},
          {"search.bound", "1.5"},
          {"seed.search", std::to_string(seed)}};
}

// Generations of 2, 2 and 1 candidates of 2 weights; the least loss is at (0.5, -0.25).
inline std::vector<search::Generation> generations(double shift) {
  return {{.population = {.dim = 2, .weights = {0.0, 0.0, 0.1, 1.0 / 3}},
           .losses = {1.5 + shift, 1.25 + shift}},
          {.population = {.dim = 2, .weights = {0.5, -0.25, -0.0, 1.5}},
           .losses = {0.75 + shift, kInfinity}},
          {.population = {.dim = 2, .weights = {1e-300, 0.7}},
           .losses = {kNan},
           .faults = {{.candidate = 0, .cause = "not a number"}}}};
}

inline Record record(const std::string& trial, const std::string& task, int seed) {
  Record r{.trial = trial,
           .knobs = knobs(task, seed),
           .resolved = {{"search.population", "2"}, {"tile", "4x64"}}};
  r.modules = {"a", "b_mödule"};
  r.shot_rows = {3, 0};
  r.dropped_rows = {7};
  r.shot_tokens = {4, 2};
  r.shot_sha256 = {base::sha256("in 3"), base::sha256("in 0")};
  r.weights = {0.5, -0.25};
  r.best_loss = 0.75 + seed;
  r.zero_loss = 1.5 + seed;
  r.shot_sums = {2.5, 1.0 / 7};
  r.generations = generations(seed);
  r.answers = {
      {.row = 0,
       .input_sha256 = base::sha256("x 0"),
       .target = "yes",
       .answer = "Yes.",
       .hit = true},
      {.row = 1,
       .input_sha256 = base::sha256("x 1"),
       .target = "no",
       .answer = "\"\n☃",
       .hit = false},
      {.row = 2, .input_sha256 = base::sha256("x 2"), .target = "b", .answer = "", .hit = false}};
  r.accuracy = 100.0 * 1 / 3;
  r.counts = {.evaluations = 8,
              .probes = 3,
              .rounds = 4,
              .example_forwards = 10,
              .search_tokens = 1234,
              .answer_tokens = 99};
  r.timing = {.load = 0.5, .search = 2.25, .answer = 1.0 / 3, .energy = 12.5, .waits = 2};
  return r;
}

// A method without search: no weights, no losses.
inline Record plain(const std::string& trial, const std::string& task) {
  Record r{.trial = trial, .knobs = knobs(task, 1)};
  r.knobs[1].second = "zero_shot";
  for (size_t k = 2; k < r.knobs.size(); ++k) r.knobs[k].second.clear();
  r.best_loss = r.zero_loss = kNan;
  r.answers = {{.row = 0,
                .input_sha256 = base::sha256("x 0"),
                .target = "yes",
                .answer = "yes",
                .hit = true}};
  r.accuracy = 100;
  return r;
}

// Their ids are those of their knobs. Two trials done, one failed, one running, one not begun.
inline History history() {
  History h;
  h.headers = {header()};
  for (const char* id :
       {"1a5e1876d96499f6", "494c392cb91c00d0", "0d33084441e7e60c", "a7556d25ea9a69a7"}) {
    h.inputs[id] = inputs();
    if (id != kOne) h.inputs[id]["test"] = base::sha256("other test rows");
    h.started[id] = 1000;
  }
  h.finished["1a5e1876d96499f6"] = record("1a5e1876d96499f6", "E1", 1);
  h.finished["494c392cb91c00d0"] = plain("494c392cb91c00d0", "E1");
  h.failed["0d33084441e7e60c"] = "no such file";
  h.made_by = {{"1a5e1876d96499f6", 0}, {"494c392cb91c00d0", 0}};
  h.told["a7556d25ea9a69a7"] = generations(4);
  return h;
}

inline std::vector<PlannedTrial> planned() {
  std::vector<PlannedTrial> plan{{.id = "1a5e1876d96499f6", .knobs = knobs("E1", 1)},
                                 {.id = "494c392cb91c00d0", .knobs = plain("", "E1").knobs},
                                 {.id = "0d33084441e7e60c", .knobs = knobs("E1", 3)},
                                 {.id = "a7556d25ea9a69a7", .knobs = knobs("E1", 4)},
                                 {.id = "3ee16ebf6a798557", .knobs = knobs("E2", 1)}};
  return plan;
}

// Only trials that are done: what a complete study leaves.
inline History complete() {
  History h = history();
  h.failed.clear();
  h.told.clear();
  h.started.clear();
  for (const char* id : {"0d33084441e7e60c", "a7556d25ea9a69a7"}) h.inputs.erase(id);
  return h;
}

inline std::vector<PlannedTrial> complete_plan() {
  auto plan = planned();
  plan.resize(2);
  return plan;
}

inline std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "no Error";
}

inline std::string interruption_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Interrupted& error) {
    return error.what();
  }
  return "not interrupted";
}

}  // namespace lorahub::store::samples
