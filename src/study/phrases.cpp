#include "study/phrases.hpp"

#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "base/text.hpp"
#include "study/choices.hpp"
#include "study/document.hpp"
#include "study/numbers.hpp"
#include "study/trial.hpp"
#include "study/yaml_text.hpp"

namespace lorahub::study {

void read_seeds(const Value& value, Trial& trial) {
  const auto s = seed(value);
  trial.seed = {.modules = s, .shots = s, .search = s};
}

void read_modules(const Value& value, Trial& trial) {
  trial.modules = {};
  if (is_list(value)) {
    std::set<std::string> seen;
    for (const auto& item : items(value)) {
      const auto word = scalar(item);
      if (!seen.insert(word).second) fail_at(item, "module '{}' is listed twice, keep one", word);
      trial.modules.names.push_back(word);
    }
  } else if (scalar(value) == "all") {
    trial.modules.count = 0;
  } else {
    const auto n = number<int64_t>(value, "a count of modules, `all`, or a list of their names");
    if (n < 1)
      fail_at(value, "{}{} is too small, take at least 1 module or `all`", value.called(), n);
    trial.modules.count = integer(value, {.least = 1, .most = kMostOfMany});
  }
}

void read_shots(const Value& value, Trial& trial) {
  trial.shots = {};
  if (is_list(value)) {
    std::set<int> seen;
    for (const auto& item : items(value)) {
      const auto row = integer(item, {.least = 0});
      if (!seen.insert(row).second) fail_at(item, "row {} is listed twice, keep one", row);
      trial.shots.rows.push_back(row);
    }
    trial.shots.count = static_cast<int>(trial.shots.rows.size());
  } else {
    number<int64_t>(value, "a count of shots or a list of rows of the pool");
    trial.shots.count = integer(value, {.least = 0, .most = kMostOfMany});
  }
}

void read_retrieve(const Value& value, Trial& trial) {
  const std::string text = scalar(value);
  const size_t space = text.find(' ');
  try {
    trial.retrieve.by = parse<RetrieveBy>(text.substr(0, space), "retrieve");
  } catch (const base::Error& error) {
    fail_at(value, "{}", error.what());
  }
  const std::string count = space == std::string::npos ? "" : base::strip(text.substr(space));
  const auto* const end = count.data() + count.size();
  trial.retrieve.count = 0;
  const auto [stop, error] = std::from_chars(count.data(), end, trial.retrieve.count);
  const bool some = trial.retrieve.by != RetrieveBy::none;
  if (some ? error != std::errc() || stop != end || trial.retrieve.count < 1 : !count.empty())
    fail_at(value,
            "retrieve '{}' does not say how many modules are kept, write none or for "
            "example probe 5",
            text);
}

void read_time(const Value& value, Trial& trial) {
  const std::string text = scalar(value);
  trial.search.time = 0;
  if (text == "none") return;
  static const std::map<std::string, double, std::less<>> kSeconds{
      {"s", 1}, {"min", 60}, {"h", 3600}};
  double count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit = kSeconds.find(base::strip({stop, text.data() + text.size()}));
  const double seconds = unit == kSeconds.end() ? 0 : count * unit->second;
  if (error != std::errc() || !(seconds > 0) || !std::isfinite(seconds))
    fail_at(value, "{}'{}' is not a time, write none or for example 60s, 5min or 1h",
            value.called(), text);
  trial.search.time = seconds;
}

namespace {

std::string modules(const ModulesDraw& draw, const std::vector<std::string>& names) {
  if (!names.empty()) return "[" + base::join(names, ",") + "]";
  return draw.count == 0 ? "all" : std::to_string(draw.count);
}

}  // namespace

std::string write_modules(const Trial& trial) {
  return modules(trial.modules, trial.modules.names);
}

std::string modules_as_yaml(const Trial& trial) {
  std::vector<std::string> names;
  for (const std::string& name : trial.modules.names) names.push_back(yaml_word(name));
  return modules(trial.modules, names);
}

std::string write_shots(const Trial& trial) {
  const auto& s = trial.shots;
  if (s.rows.empty()) return std::to_string(s.count);
  return base::format("[{}]", fmt::join(s.rows, ","));
}

std::string write_retrieve(const Trial& trial) {
  const std::string& by = name(trial.retrieve.by);
  return trial.retrieve.by == RetrieveBy::none ? by
                                               : base::format("{} {}", by, trial.retrieve.count);
}

std::string write_seeds(const Trial& trial) {
  const auto& [modules, shots, search] = trial.seed;
  return modules == shots && shots == search ? std::to_string(search) : "";
}

std::string write_time(const Trial& trial) {
  return trial.search.time == 0 ? "none" : shortest(trial.search.time) + "s";
}

std::string modules_schema() {
  return base::format(
      R"({{"anyOf": [{{"type": "integer", "minimum": 1, "maximum": {}}}, {{"const": "all"}},
          {{"type": "array", "items": {{"type": "string"}}, "minItems": 1, "uniqueItems": true}}]}})",
      kMostOfMany);
}

std::string shots_schema() {
  return base::format(
      R"({{"anyOf": [{{"type": "integer", "minimum": 0, "maximum": {}}},
          {{"type": "array", "items": {{"type": "integer", "minimum": 0}}, "minItems": 1, "uniqueItems": true}}]}})",
      kMostOfMany);
}

std::string retrieve_schema() {
  std::vector<std::string> ways = words<RetrieveBy>();
  std::erase(ways, name(RetrieveBy::none));
  return base::format(R"({{"type": "string", "pattern": "^({}|({}) +0*[1-9][0-9]*)$"}})",
                      name(RetrieveBy::none), base::join(ways, "|"));
}

std::string time_schema() {
  return R"({"type": "string", "pattern": "^(none|[0-9.]+(e[+-]?[0-9]+)? *(s|min|h))$"})";
}

std::string seed_schema() { return R"({"type": "integer", "minimum": 0})"; }

}  // namespace lorahub::study
