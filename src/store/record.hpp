// What is recorded of a trial: its inputs and its results.
#pragma once
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "search/minimize.hpp"

namespace lorahub::store {

// Hashes of what a trial read: {"model": sha256, "module <name>": ..., "shots": ..., "test": ...}.
using Inputs = std::map<std::string, std::string>;

// What is recorded at each start of the program: who computes what, and how.
struct Header {
  std::string study, question, yaml, command_line;
  std::string started_utc;
  std::map<std::string, std::string>
      environment;                   // versions, commit, host, CPU, ranks, threads, Slurm job
  std::vector<std::string> planned;  // ids of the study's or the shard's trials; empty where an
                                     // older version wrote the journal
};

struct Answer {
  int row = 0;  // in the test file
  std::string input_sha256;
  std::string target, answer;
  bool hit = false;
};

struct Counts {  // the costs of a search, and of answering
  long evaluations = 0;
  long probes = 0;            // of these, by `retrieve: probe` or `slope`: one round
  long rounds = 0;            // sequential steps
  long example_forwards = 0;  // (candidate, example) pairs
  long search_tokens = 0;     // source and target tokens of the example_forwards
  long answer_tokens = 0;     // source tokens of the test prompts
};

struct Timing {
  double load = 0, search = 0, answer = 0;                   // seconds, wall clock
  double energy = std::numeric_limits<double>::quiet_NaN();  // J (base/energy.hpp)
  long waits = 0;  // how often the search waited for its ranks: less often than once a round where
                   // they had computed ahead, or another trial had asked for the same losses
};

struct Record {
  std::string trial;                                       // id
  std::vector<std::pair<std::string, std::string>> knobs;  // study::columns
  std::vector<std::pair<std::string, std::string>>
      resolved;                      // defaults as used: search.population, search.sigma0, tile
  std::vector<std::string> modules;  // [N], in order
  std::vector<int> shot_rows, dropped_rows;
  std::vector<int> shot_tokens;          // [K], target tokens with </s>
  std::vector<std::string> shot_sha256;  // [K], of the shots' inputs; may be empty
  std::vector<double> weights;           // [N] chosen; empty: the method has none. Where each input
                                         // has its own: their means over the test rows
  double best_loss = 0;                  // of `weights`; NaN: no search
  double zero_loss = 0;                  // of w = 0, same rule; NaN where not computed
  std::vector<double> shot_sums;         // [K] CE sums of `weights` on the shots; may be empty
  std::vector<search::Generation> generations;  // empty: no search
  std::vector<Answer> answers;
  double accuracy = 0;  // percent
  Counts counts;
  Timing timing;
};

// A trial as it stands in /runs of a result file.
struct ResultRow {
  std::string id, status;
  std::map<std::string, std::string> knobs;
  double accuracy = 0, best_loss = 0, zero_loss = 0;
  Counts counts;
  Timing timing;
  int test_rows = 0;
};

}  // namespace lorahub::store
