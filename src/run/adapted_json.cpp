#include "run/adapted_json.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"

namespace lorahub::run {
namespace {

using nlohmann::ordered_json;

ordered_json accuracy_json(const Hits& hits) {
  if (hits.empty()) return nullptr;
  const report::Interval percent = accuracy(hits);
  return {{"rows", hits.size()},
          {"accuracy", percent.value},
          {"low", percent.low},
          {"high", percent.high}};
}

ordered_json contest_json(const Contest& contest) {
  ordered_json list = ordered_json::array();
  for (const Contestant& one : contest.contestants) {
    ordered_json entry{{"name", one.name},
                       {"loss", one.loss},
                       {"examples", accuracy_json(one.shots)},
                       {"test", accuracy_json(one.test)},
                       {"p", nullptr}};
    if (!one.test.empty()) entry["p"] = p_against_answer(contest, one);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

std::string adapted_json(const Adapted& adapted, const std::string& out) {
  const auto& contestants = adapted.contest.contestants;
  return base::json_text(ordered_json{{"modules", adapted.modules},
                                      {"weights", adapted.weights},
                                      {"loss", contestants[adapted.contest.answer].loss},
                                      {"objective", adapted.objective},
                                      {"zero_loss", contestants.front().loss},
                                      {"single_loss", adapted.single_loss},
                                      {"evaluations", adapted.evaluations},
                                      {"answer", contestants[adapted.contest.answer].name},
                                      {"compared", contest_json(adapted.contest)},
                                      {"out", out}});
}

}  // namespace lorahub::run
