#include "study/remarks.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "study/knobs.hpp"
#include "study/losses.hpp"
#include "study/retrievals.hpp"

namespace lorahub::study {
namespace {

bool is_read(const std::string& knob, const std::vector<Trial>& trials) {
  return std::ranges::any_of(trials, find_knob(knob)->read_by);
}

bool shapes_results(const std::string& knob) {
  return std::ranges::any_of(std::vector{"search.", "train.", "penalty.", "loss."},
                             [&](const char* group) { return knob.starts_with(group); });
}

bool has_another_loss(const Trial& trial) { return trial.loss != LossKind::official; }

bool probes(const Trial& trial) {
  return uses_modules(trial.method) && has_loss(info(trial.retrieve.by));
}

bool trains_network(const Trial& trial) {
  return trains(trial.method) && info(trial.method).trains != Trains::mixture;
}

// What goes by the official loss although the trials ask for another one.
std::vector<std::string> loss_remarks(const std::vector<Trial>& trials) {
  bool probing = false;
  std::set<std::string> training;
  for (const Trial& trial : trials) {
    if (!has_another_loss(trial)) continue;
    probing = probing || probes(trial);
    if (trains_network(trial)) training.emplace(info(trial.method).word);
  }
  std::vector<std::string> sentences;
  if (probing)
    sentences.emplace_back(
        "`retrieve: probe` and `slope` choose the modules by the official loss, whatever `loss` "
        "says (the losses of modules alone are kept for all studies), take retrieve: none to leave "
        "the choice to the search");
  if (!training.empty())
    sentences.push_back(base::format(
        "{} train on the official loss, and report it, whatever `loss` says (of the trainings, "
        "`gradient` alone reads it), compare them by accuracy",
        base::join({training.begin(), training.end()}, ", ")));
  return sentences;
}

}  // namespace

std::vector<std::string> remarks(const std::vector<std::string>& knobs,
                                 const std::vector<Trial>& trials) {
  std::vector<std::string> sentences;
  for (const std::string& name : knobs)
    if (shapes_results(name) && !is_read(name, trials))
      sentences.push_back(base::format(
          "{} changes nothing here (no trial has a method or a search that reads it), drop it or "
          "choose another search",
          name));
  std::ranges::copy(loss_remarks(trials), std::back_inserter(sentences));
  if (std::ranges::any_of(trials, find_knob("search.time")->read_by))
    sentences.emplace_back(
        "where `search.time` ends a search the result depends on the machine's speed (no two runs "
        "need agree, and one that goes on after an interruption gets the time anew), limit "
        "search.budget, or set search.stop, where that matters");
  const bool has_narrow_gradient = std::ranges::any_of(trials, [](const Trial& trial) {
    return mixes_by_gradient(trial.method) && trial.precision != exact(trial.precision);
  });
  if (has_narrow_gradient)
    sentences.emplace_back(
        "`gradient` computes in f32 where `precision` asks for delta evaluation (which has no "
        "gradient), leave precision out, or take a search by losses");
  return sentences;
}

}  // namespace lorahub::study
