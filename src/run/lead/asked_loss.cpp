#include "run/lead/asked_loss.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "lora/library.hpp"
#include "study/choices.hpp"

namespace lorahub::run {
namespace {

using nlohmann::ordered_json;

constexpr size_t kShown = 80;  // bytes of an answer in a message

std::vector<double> row(const search::Population& population, int candidate) {
  const auto weights = population.row(candidate);
  return {weights.begin(), weights.end()};
}

[[noreturn]] void fail_answer(const std::string& command, const std::string& line, int count) {
  base::fail(
      "the program '{}' answers '{}' (a loss of each of {} candidate(s) is asked for), write one "
      "line such as {{\"losses\": [0.5]}}",
      command, line.substr(0, kShown), count);
}

// The losses of the answer; a null is an infinite one.
search::Evaluation losses_of(const std::string& line, const std::string& command, int count) {
  const auto answer = nlohmann::json::parse(line, nullptr, false);
  if (answer.is_object() && answer.contains("error") && answer["error"].is_string())
    base::fail("the program '{}' says: {}", command, answer["error"].get<std::string>());
  const bool good = answer.is_object() && answer.contains("losses") &&
                    answer["losses"].is_array() && std::ssize(answer["losses"]) == count;
  if (!good) fail_answer(command, line, count);
  search::Evaluation found({});
  for (const auto& loss : answer["losses"]) {
    if (!loss.is_number() && !loss.is_null()) fail_answer(command, line, count);
    if (loss.is_null())
      found.faults.push_back({.candidate = static_cast<int>(found.losses.size()),
                              .cause = "loss.program has no loss for it"});
    found.losses.push_back(loss.is_null() ? std::numeric_limits<double>::infinity()
                                          : loss.get<double>());
  }
  return found;
}

}  // namespace

std::string AskedLoss::question(const search::Population& population) const {
  const study::Trial& trial = inputs_.trial;
  ordered_json all{{"ask", "losses"},
                   {"task", trial.task},
                   {"model", std::filesystem::absolute(trial.model_path).string()},
                   {"composition", study::name(trial.composition)},
                   {"modules", ordered_json::array()},
                   {"shots", ordered_json::array()},
                   {"weights", ordered_json::array()}};
  if (!std::filesystem::exists(trial.model_path)) all["model"] = trial.model_path;  // a name
  for (const std::string& name : inputs_.modules)
    all["modules"].push_back(
        std::filesystem::absolute(lora::module_folder(trial.library_path, name)).string());
  for (const task::Example& shot : inputs_.task.shots)
    all["shots"].push_back({{"input", shot.input}, {"target", shot.target}});
  for (int p = 0; p < population.size(); ++p) all["weights"].push_back(row(population, p));
  return base::json_text(all);
}

search::Evaluation AskedLoss::ask(const search::Population& population) {
  const study::Trial& trial = inputs_.trial;
  base::check(!trial.loss_program.empty(),
              "loss is 'ask' and no program is named (who is asked?), add loss.program: python3 "
              "my_loss.py, say");
  const bool first = !program_;
  if (first) program_.emplace(trial.loss_program, std::chrono::seconds(trial.loss_patience));
  search::Evaluation found =
      losses_of(program_->ask(question(population)), trial.loss_program, population.size());
  for (int p = 0; first && p < population.size(); ++p)
    if (std::isfinite(found.losses[static_cast<size_t>(p)]))
      first_[row(population, p)] = found.losses[static_cast<size_t>(p)];
  return found;
}

search::Evaluation AskedLoss::operator()(const search::Population& population) {
  search::Population open{.dim = population.dim, .weights = {}};
  std::vector<int> places;
  search::Evaluation all(search::Losses(static_cast<size_t>(population.size())));
  for (int p = 0; p < population.size(); ++p) {
    const auto known = first_.find(row(population, p));
    if (known != first_.end()) {
      all.losses[static_cast<size_t>(p)] = known->second;
      continue;
    }
    open.add(row(population, p));
    places.push_back(p);
  }
  if (places.empty()) return all;
  const search::Evaluation found = ask(open);
  for (size_t i = 0; i < places.size(); ++i)
    all.losses[static_cast<size_t>(places[i])] = found.losses[i];
  for (const search::Fault& fault : found.faults)
    all.faults.push_back(
        {.candidate = places[static_cast<size_t>(fault.candidate)], .cause = fault.cause});
  return all;
}

}  // namespace lorahub::run
