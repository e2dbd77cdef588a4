#include "store/layout.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "base/text.hpp"
#include "study/knobs.hpp"

namespace lorahub::store::layout {
namespace {

const Column kTrial{"id", Kind::text, "", "trial: first 16 digits of the SHA-256 of its knobs"};

template <class Number>
std::optional<Number> parse(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // What would read back as another text (a seed beyond int64, 1e0, 007) stays a text.
  if (error != std::errc{} || end != text.data() + text.size() || base::format("{}", value) != text)
    return {};
  return value;
}

Kind kind_of(const study::Knob& knob) {
  switch (study::holds(knob)) {
    case study::Holds::integer:
      return Kind::integer;
    case study::Holds::real:
      return Kind::real;
    case study::Holds::text:
      break;
  }
  return Kind::text;
}

Column column_for(const std::string& name, const std::vector<std::string>& values) {
  const study::Knob* const known = study::find_knob(name);
  const Kind kind = known != nullptr ? kind_of(*known) : Kind::text;
  if (kind == Kind::text) return {name, Kind::text, "", "knob of the study"};
  const bool fits = std::ranges::all_of(values, [kind](const std::string& text) {
    if (text.empty()) return true;
    return kind == Kind::integer ? parse<int64_t>(text).value_or(-1) >= 0
                                 : parse<double>(text).has_value();
  });
  return {name, fits ? kind : Kind::text, fits ? std::string(known->unit) : "",
          std::string(known->meaning)};
}

}  // namespace

Table evaluations() {
  return {"evaluations",
          {kTrial,
           {"generation", Kind::integer, "1", "sequential step of the search, from 0"},
           {"candidate", Kind::integer, "1", "place in its generation, from 0"},
           {"loss", Kind::real, "nat", "few-shot loss with its penalty, as the search saw it"}}};
}

Table answers() {
  return {"answers",
          {kTrial,
           {"row", Kind::integer, "1", "row of the test file, from 0"},
           {"hit", Kind::flag, "1", "1: the answer is right"},
           {"target", Kind::text, "", "right answer"},
           {"answer", Kind::text, "", "answer of the model"},
           {"input_sha256", Kind::text, "", "SHA-256 of the input"}}};
}

Table weights() {
  return {"weights",
          {kTrial,
           {"module", Kind::text, "", "name of the LoRA module"},
           {"weight", Kind::real, "1", "mixing weight that was chosen"}}};
}

Table shots() {
  return {
      "shots",
      {kTrial,
       {"row", Kind::integer, "1", "row of the pool, from 0"},
       {"tokens", Kind::integer, "token", "target tokens, with the end of sentence"},
       {"loss_sum", Kind::real, "nat", "cross-entropy sum of the target under the chosen weights"},
       {"input_sha256", Kind::text, "", "SHA-256 of the input, empty: not recorded"}}};
}

Table dropped() {
  return {"dropped",
          {kTrial, {"row", Kind::integer, "1", "test row left out since it equals a shot"}}};
}

Table inputs() {
  return {"inputs",
          {kTrial,
           {"name", Kind::text, "", "model, module <name>, shots or test"},
           {"sha256", Kind::text, "", "SHA-256 of what was read"}}};
}

Table resolved() {
  return {"resolved",
          {kTrial,
           {"key", Kind::text, "", "setting that had a default"},
           {"value", Kind::text, "", "as it was used"}}};
}

Table failures() {
  return {"failures", {kTrial, {"message", Kind::text, "", "why the trial failed"}}};
}

Table faults() {
  return {"faults",
          {kTrial,
           {"generation", Kind::integer, "1", "sequential step of the search, from 0"},
           {"candidate", Kind::integer, "1", "place in its generation, from 0; its loss is inf"},
           {"cause", Kind::text, "", "why it could not be evaluated, twice"}}};
}

Table starts() {
  return {"starts",
          {{"start", Kind::integer, "1", "start of the program, from 0"},
           {"started_utc", Kind::text, "", "date and time, UTC"},
           {"study", Kind::text, "", "name of the study"},
           {"command_line", Kind::text, "", "what was typed"},
           {"yaml_sha256", Kind::text, "", "SHA-256 of the study's YAML"}}};
}

Table environment() {
  return {"environment",
          {{"start", Kind::integer, "1", "start of the program, from 0"},
           {"key", Kind::text, "", "what"},
           {"value", Kind::text, "", "its value"}}};
}

std::vector<Column> run_identity() {
  return {
      kTrial,
      {"status", Kind::text, "", "done, failed, running or missing"},
      {"planned", Kind::flag, "1", "1: in the plan of the last run; 0: recorded by one before"},
      {"start", Kind::integer, "1", "start of the program that ended it, as in /headers/starts"}};
}

std::vector<Column> run_results() {
  return {{"accuracy", Kind::real, "percent", "right answers of the test rows"},
          {"best_loss", Kind::real, "nat", "few-shot loss of the chosen weights"},
          {"zero_loss", Kind::real, "nat", "few-shot loss of w = 0"},
          {"test_rows", Kind::integer, "1", "test rows answered"},
          {"hits", Kind::integer, "1", "right answers"},
          {"evaluations", Kind::integer, "1", "candidates evaluated: probes and search"},
          {"probes", Kind::integer, "1", "of these, by `retrieve: probe`, in one round"},
          {"rounds", Kind::integer, "1", "sequential steps: probes and search"},
          {"example_forwards", Kind::integer, "1", "(candidate, example) pairs evaluated"},
          {"search_tokens", Kind::integer, "token", "source and target tokens of these pairs"},
          {"answer_tokens", Kind::integer, "token", "source tokens of the test prompts"},
          {"load_s", Kind::real, "s", "wall clock: reading model, modules and task"},
          {"search_s", Kind::real, "s", "wall clock: search"},
          {"answer_s", Kind::real, "s", "wall clock: answering the test rows"},
          {"energy_j", Kind::real, "J", "counted meanwhile by the meters of rank 0's node"},
          {"waits", Kind::integer, "1", "times the search waited for its ranks"}};
}

std::vector<std::string> knob_names(const TableReader& runs) {
  std::vector<std::string> names = runs.columns();
  for (const auto& columns : {run_identity(), run_results()})
    for (const Column& column : columns) std::erase(names, column.name);
  return names;
}

std::vector<Knob> knobs(const std::vector<Planned>& runs) {
  std::vector<Knob> all;
  for (size_t run = 0; run < runs.size(); ++run)
    for (const auto& [name, value] : runs[run].knobs) {
      auto found = std::ranges::find(all, name, [](const Knob& knob) { return knob.column.name; });
      if (found == all.end())
        found = all.insert(
            all.end(), {.column = {.name = name}, .values = std::vector<std::string>(runs.size())});
      found->values[run] = value;
    }
  for (Knob& knob : all) knob.column = column_for(knob.column.name, knob.values);
  return all;
}

Cell cell(const Knob& knob, size_t run) {
  const std::string& text = knob.values[run];
  if (knob.column.kind == Kind::integer) return parse<int64_t>(text).value_or(-1);
  if (knob.column.kind == Kind::real)
    return parse<double>(text).value_or(std::numeric_limits<double>::quiet_NaN());
  return std::string_view(text);
}

std::vector<std::string> tables() {
  return {"runs",   "evaluations", "answers",  "weights", "shots",          "dropped",
          "inputs", "resolved",    "failures", "faults",  "headers/starts", "headers/environment"};
}

}  // namespace lorahub::store::layout
