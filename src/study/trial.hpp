// A trial and every knob that a user may set. A knob's YAML name is the path of its field
// (search.sigma0, seed.shots); columns of the result file have the same names. knobs.cpp has a row
// for each, with its unit, its meaning and who reads it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "study/choices.hpp"
#include "study/methods.hpp"

namespace lorahub::study {

// The largest numbers that a knob takes: what lies beyond is a mistake, and would fill any memory.
inline constexpr int kMostOfMany = 100'000;  // modules, shots, candidates, epochs, rows of a batch,
                                             // tokens of an answer
inline constexpr int kMostRank = 4096;
inline constexpr int kMostRuns = 1000;
inline constexpr int kMostBudget = 1'000'000;
inline constexpr int kMostPatience = 1'000'000;  // seconds
inline constexpr int kMostInput = 1'000'000;     // tokens
inline constexpr int kUsualMaxInput = 8192;      // tokens of an input that every command takes

// Modules of the library: `count` drawn by the seed, or those named.
struct ModulesDraw {
  int count = 20;  // used when `names` is empty; 0: all modules of the library
  std::vector<std::string> names;

  bool operator==(const ModulesDraw&) const = default;
};
// `retrieve: probe 5`: the candidates that `modules` draws or names, narrowed before the search.
struct Retrieve {
  RetrieveBy by = RetrieveBy::none;
  int count = 0;  // modules kept

  bool operator==(const Retrieve&) const = default;
};
struct ShotsDraw {
  int count = 5;          // used when `rows` is empty
  std::vector<int> rows;  // of the pool, from 0

  bool operator==(const ShotsDraw&) const = default;
};

struct Search {
  SearchMethod method = SearchMethod::cma;
  int population = 0;  // candidates a generation; 0: the method's default for N
  int runs = 1;        // independent CMA-ES side by side, each with its population
  double sigma0 = 0;   // first step size; 0: the method's default for N
  double mean0 = 0.1;  // every coordinate of the first mean (official and random: not used)
  int budget = 40;     // evaluations; a last short generation is evaluated, not told
  double bound = 1.5;  // weights stay in [-bound, bound]
  double stop = 0;  // nats: CMA-ES ends where its losses vary less (search/stopping.hpp); 0: never
  double time = 0;  // seconds after which no further generation begins; 0: no limit
  Recommend recommend = Recommend::best;  // what CMA-ES answers with

  bool operator==(const Search&) const = default;
};

// Training by the methods lora_tuning, ia3, full and gradient. Paper: Adam, 40 epochs, batch 5;
// AdamW without decay is Adam. The rate falls to 0 linearly.
struct Train {
  double lr = 0;    // largest rate; 0: the method's default (methods.hpp)
  int epochs = 40;  // gradient: steps, each on all shots
  int batch = 5;
  double weight_decay = 0;
  int rank = 16;  // lora_tuning: of the new adapter, on q and v; the next two as well
  double alpha = 32;
  double dropout = 0.1;
  double start = 0.1;               // gradient: every weight; at 0 the factor form has no gradient
  Descent descent = Descent::adam;  // gradient
  double smoothing = 0;     // gradient: deviation of the points that a step averages; 0: no others
  int smoothing_pairs = 2;  // of such points: a draw and its mirror image

  bool operator==(const Train&) const = default;
};

// `seed: 3` sets all three. Draws as the official scripts make them, with Python's
// random.Random(seed).
struct Seeds {
  uint64_t modules = 1;  // random.sample of the names
  uint64_t shots = 1;    // the first `count` rows after random.shuffle
  uint64_t search = 1;   // the optimiser, and random modules; start and dropout of a training

  bool operator==(const Seeds&) const = default;
};

// A task's files. With one file for both, the shots are taken out of the test rows.
struct TaskFiles {
  std::string pool;  // rows to draw shots from
  std::string test;  // rows to answer

  bool operator==(const TaskFiles&) const = default;
};

struct Trial {
  std::string model;  // as the study names it: a piece of configs/model, a folder, a published name
  std::string model_path;  // where it lies
  std::string library;
  std::string library_path;
  std::string task;
  TaskFiles task_files;

  Method method = Method::lorahub;
  Composition composition = Composition::factor;
  CompositionSettings mixing;  // YAML: composition.density, ...
  InputMixing input;           // YAML: input.modules, ...
  double uniform_weight = 0;   // YAML: uniform.weight. Of each module by the method uniform; 0: 1/N
  LossKind loss = LossKind::official;
  std::string loss_program;  // YAML: loss.program. The command that `loss: ask` asks, for /bin/sh
  int loss_patience = 600;   // YAML: loss.patience. Seconds that it may take for an answer; it
                             // changes no result: no part of a trial's identity
  int held_out = 0;          // YAML: loss.held_out. Shots that each run of the search leaves out of
                             // its losses (objective/held_out.hpp)
  Penalty penalty;
  ModulesDraw modules;
  Retrieve retrieve;
  int rank = 0;  // of the modules; 0: as they are
  ShotsDraw shots;
  Labels labels = Labels::given;
  int max_input = kUsualMaxInput;  // YAML: task.max_input. Tokens of a row's input; a longer one is
                                   // refused. It changes no result: no part of a trial's identity
  Search search;
  Train train;
  Precision precision = Precision::f32;
  Engine engine = Engine::fast;
  Scoring scoring = Scoring::generate;
  Seeds seed;
  int max_tokens = 256;  // of an answer
  int batch = 10;        // answers generated together

  // What tells it from the other trials of its study, for its label: "shots=5 search.budget=40".
  // It is no part of its identity.
  std::string varied;

  bool operator==(const Trial&) const = default;
};

// Evaluations that its search takes: search.budget, or the steps along a gradient.
int search_length(const Trial& trial);
// Points around the weights at which one step along a gradient computes the loss and its gradient.
int points_a_step(const Trial& trial);
// What search_length() counts, for people: "evaluations" or "steps".
const char* search_unit(const Trial& trial);

// Whether `retrieve` reads the shots, so that every method of modules depends on them.
bool retrieves_by_shots(const Trial& trial);

// Whether the modules' cards change what it computes.
bool reads_cards(const Trial& trial);

}  // namespace lorahub::study
