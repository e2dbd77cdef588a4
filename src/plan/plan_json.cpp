#include "plan/plan_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"

namespace lorahub::plan {
namespace {

nlohmann::json number_or_text(const std::string& value) {
  const auto number = nlohmann::json::parse(value, nullptr, false);
  return number.is_number() ? number : nlohmann::json(value);
}

nlohmann::json planned_trial(const study::Trial& trial, const Cost& cost) {
  nlohmann::json planned{{"id", study::id(trial)},
                         {"evaluations", cost.evaluations},
                         {"tokens", std::lround(cost.tokens)},
                         {"tflop", cost.tflop}};
  for (const auto& [name, value] : study::columns(trial)) planned[name] = number_or_text(value);
  const study::Seeds& seed = trial.seed;
  if (seed.modules == seed.shots && seed.shots == seed.search) planned["seed"] = seed.search;
  return planned;
}

}  // namespace

std::string plan_json(const study::Study& study, const StudyCost& cost, const PlannedFor& how) {
  nlohmann::json trials = nlohmann::json::array();
  for (size_t i = 0; i < study.trials.size(); ++i)
    trials.push_back(planned_trial(study.trials[i], cost.trials[i]));
  return base::json_text(nlohmann::json{{"trials", trials},
                                        {"ranks", how.ranks},
                                        {"memory_bytes", std::llround(cost.memory_bytes)},
                                        {"shared_bytes", std::llround(cost.shared_bytes)},
                                        {"groups", cost.prediction.groups},
                                        {"utilisation", cost.prediction.utilisation},
                                        {"seconds", cost.prediction.seconds},
                                        {"flops_per_second", cost.flops_per_second},
                                        {"missing", how.missing}});
}

}  // namespace lorahub::plan
