// What a trial is called: the knobs that its method reads, their hash, a label.
#include <algorithm>
#include <map>
#include <set>

#include "base/check.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "study/fields.hpp"
#include "study/remarks.hpp"
#include "study/study.hpp"

namespace lorahub::study {

namespace {

// With one file for pool and test, the drawn shots leave the test rows: every method depends on
// them.
bool reads_shots(const Trial& trial) {
  return uses_shots(trial.method) || retrieves_by_shots(trial) ||
         trial.task_files.pool == trial.task_files.test;
}

bool reads_search(const std::string& knob, const Trial& trial) {
  if (trial.method == Method::gradient) return knob == "search.bound";
  if (!uses_search(trial.method)) return false;
  const bool cma = trial.search.method == SearchMethod::cma;
  if (knob == "search.sigma0" || knob == "search.mean0" || knob == "search.runs" ||
      knob == "search.recommend")
    return cma;
  if (knob == "search.population") return trial.search.method != SearchMethod::official;
  return true;
}

bool reads_seed(const std::string& knob, const Trial& trial) {
  if (knob == "seed.modules")
    return uses_modules(trial.method) && trial.modules.names.empty() && trial.modules.count > 0;
  if (knob == "seed.shots") return reads_shots(trial) && trial.shots.rows.empty();
  switch (trial.method) {
    case Method::lorahub:  // the official search is deterministic
      return trial.search.method != SearchMethod::official;
    case Method::zero_shot:
    case Method::icl:
    case Method::best_single:
    case Method::uniform:
    case Method::gradient:
      return false;
    default:
      return true;
  }
}

bool reads_train(const std::string& knob, Method method) {
  if (!trains(method)) return false;
  if (knob == "train.rank" || knob == "train.alpha" || knob == "train.dropout")
    return method == Method::lora_tuning;
  if (knob == "train.start") return method == Method::gradient;
  return method != Method::gradient || (knob != "train.batch" && knob != "train.weight_decay");
}

bool reads_loss(Method method) {
  return method == Method::best_single || method == Method::gradient || uses_search(method);
}

bool reads(const std::string& knob, const Trial& trial) {
  const auto method = trial.method;
  if (knob == "library" || knob == "rank" || knob == "modules" || knob == "composition")
    return uses_modules(method);
  if (knob == "retrieve") return uses_modules(method);
  if (knob == "shots") return reads_shots(trial);
  if (knob == "labels")  // their own answers: as before there was the knob
    return trial.labels != Labels::given && (uses_shots(method) || retrieves_by_shots(trial));
  if (knob == "loss") return reads_loss(method);
  if (knob == "penalty.kind") return reads_loss(method) && method != Method::best_single;
  if (knob == "penalty.weight")
    return reads("penalty.kind", trial) && trial.penalty.kind != PenaltyKind::none;
  if (knob.rfind("search.", 0) == 0) return reads_search(knob, trial);
  if (knob.rfind("train.", 0) == 0) return reads_train(knob, method);
  if (knob.rfind("seed.", 0) == 0) return reads_seed(knob, trial);
  return true;
}

using Columns = std::vector<std::pair<std::string, std::string>>;

const std::string& column(const Columns& all, const std::string& name) {
  return std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.first == name; })
      ->second;
}

// The seeds that the trial reads, as "3", or as "7/42/1" where they differ; "" when it reads none.
std::string seeds(const Columns& all) {
  std::vector<std::string> read;
  for (const auto* name : {"seed.modules", "seed.shots", "seed.search"})
    if (!column(all, name).empty()) read.push_back(column(all, name));
  if (std::set<std::string>(read.begin(), read.end()).size() == 1) return read.front();
  return base::join(read, "/");
}

}  // namespace

const std::vector<std::string>& column_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& knob : knobs())
      if (knob.write) list.push_back(knob.name);
    return list;
  }();
  return names;
}

std::vector<std::pair<std::string, std::string>> columns(const Trial& trial) {
  Columns list;
  for (const auto& knob : knobs())
    if (knob.write)
      list.emplace_back(knob.name, reads(knob.name, trial) ? knob.write(trial) : std::string());
  return list;
}

std::vector<std::string> remarks(const std::vector<std::string>& knobs,
                                 const std::vector<Trial>& trials) {
  std::vector<std::string> sentences;
  for (const auto& knob : knobs) {
    const bool shapes =
        std::ranges::any_of(std::vector{"search.", "train.", "penalty."},
                            [&](const char* group) { return knob.starts_with(group); });
    const auto reads_it = [&](const Trial& trial) { return reads(knob, trial); };
    if (shapes && !std::ranges::any_of(trials, reads_it))
      sentences.push_back(base::format(
          "{} changes nothing here (no trial has a method or a search that reads it), drop it or "
          "choose another search.method",
          knob));
  }
  return sentences;
}

std::string id(const Trial& trial) { return id_of_columns(columns(trial)); }

std::string id_of_columns(const std::vector<std::pair<std::string, std::string>>& columns) {
  std::string text;  // knobs not read are left out, so that a knob added later keeps old ids
  for (const auto& [name, value] : columns)
    if (!value.empty()) text += base::format("{}={}\n", name, value);
  return base::sha256(text).substr(0, 16);
}

std::string label(const Trial& trial) {
  const auto all = columns(trial);
  const auto seed = seeds(all);
  return column(all, "task") + " " + column(all, "method") + (seed.empty() ? "" : " seed " + seed);
}

namespace {

std::string text_of(const Trial& trial, const std::string& key) {
  const auto all = columns(trial);
  return key == "seed" ? seeds(all) : column(all, key);
}

// Says for the first wish that no trial fulfils what the study has instead.
[[noreturn]] void fail_nothing_left(const std::vector<Trial>& trials,
                                    const std::map<std::string, std::set<std::string>>& wishes) {
  for (const auto& [key, values] : wishes) {
    std::vector<std::string> offered;
    bool met = false;
    for (const auto& trial : trials) {
      const auto text = text_of(trial, key);
      met = met || values.contains(text);
      if (!text.empty() && std::find(offered.begin(), offered.end(), text) == offered.end())
        offered.push_back(text);
    }
    if (!met)
      base::fail("--only {}={}: no trial of the study has it, choose among {}", key,
                 *values.begin(),
                 offered.empty() ? "other knobs (no method of the study reads this one)"
                                 : base::join(offered, ", "));
  }
  base::fail("--only: no trial of the study fulfils all the conditions together, leave one out");
}

}  // namespace

std::vector<Trial> only(const std::vector<Trial>& trials, const std::vector<Setting>& only) {
  auto known = column_names();
  known.push_back("seed");
  std::map<std::string, std::set<std::string>> wishes;
  for (const auto& [key, value] : only) {
    base::check(
        std::find(known.begin(), known.end(), key) != known.end(),
        "--only {}: unknown knob '{}' (experiments/README.md lists the knobs), did you mean '{}'?",
        key, key, nearest_knob(key));
    wishes[key].insert(value);
  }
  std::vector<Trial> kept;
  std::copy_if(trials.begin(), trials.end(), std::back_inserter(kept), [&](const Trial& trial) {
    return std::all_of(wishes.begin(), wishes.end(), [&](const auto& wish) {
      return wish.second.contains(text_of(trial, wish.first));
    });
  });
  if (kept.empty()) fail_nothing_left(trials, wishes);
  return kept;
}

}  // namespace lorahub::study
