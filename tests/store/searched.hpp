// A trial whose search was really run, on a made-up loss: its trace has a course.
#pragma once
#include <string>

#include "samples.hpp"
#include "search/minimize.hpp"
#include "search/optimizer.hpp"
#include "study/study.hpp"

namespace lorahub::store::samples {

// 3 weights of which the last matters most; the least loss is at 0.3.
inline search::Losses loss_of(const search::Population& population) {
  search::Losses all;
  for (int p = 0; p < population.size(); ++p) {
    double sum = 0, factor = 1;
    for (const double x : population.row(p)) sum += (factor *= 3) * (x - 0.3) * (x - 0.3);
    all.push_back(sum);
  }
  return all;
}

// 33 evaluations: `runs` side by side of 6 candidates a generation, the last one of fewer.
inline Record searched(const std::string& method = "cma", int runs = 1) {
  Record r = record("", "E1", 1);
  // In the order of the columns of a file that also has the trials of knobs().
  r.knobs = {{"task", "E1"},
             {"method", "lorahub"},
             {"modules", "3"},
             {"search.budget", "33"},
             {"search.sigma0", "0.25"},
             {"search.bound", "1.5"},
             {"seed.search", "1"},
             {"search.method", method},
             {"search.population", "6"},
             {"search.runs", std::to_string(runs)},
             {"search.mean0", "0.125"}};
  r.trial = study::id_of_columns(r.knobs);
  study::Search knobs{.population = 6, .runs = runs, .sigma0 = 0.25, .mean0 = 0.125, .bound = 1.5};
  if (method == "random") knobs.method = study::SearchMethod::random;
  const auto optimizer = search::make_optimizer(knobs, 3, 1);
  const search::Trace trace = search::minimize(*optimizer, loss_of, 33);
  r.generations = trace.generations;
  r.modules = {"a", "b", "c"};
  r.weights = trace.best;
  r.best_loss = trace.best_loss;
  r.zero_loss = method == "random" ? loss_of({.dim = 3, .weights = {0, 0, 0}})[0] : kNan;
  r.counts.evaluations = 33;
  r.counts.probes = 0;
  r.counts.rounds = static_cast<int64_t>(r.generations.size());
  return r;
}

inline const std::string kSearched = searched().trial;

// Adds the trial to a study whose others are done.
inline void add_searched(History& history, std::vector<PlannedTrial>& plan) {
  const Record record = searched();
  history.finished[record.trial] = record;
  history.inputs[record.trial] = inputs();
  for (const std::string& module : record.modules)
    history.inputs[record.trial]["module " + module] = base::sha256(module);
  history.made_by[record.trial] = 0;
  plan.push_back({.id = record.trial, .knobs = record.knobs});
}

}  // namespace lorahub::store::samples
