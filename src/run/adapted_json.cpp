#include "run/adapted_json.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/text.hpp"

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

struct Source {
  const Adapted& adapted;
  const study::Trial& trial;
  const std::string& out;
  const Contestant& answer() const { return adapted.contest.contestants[adapted.contest.answer]; }
};

struct FieldRow {
  AdaptedField field;
  ordered_json (*value)(const Source&);
};

using enum AdaptedKind;

const std::vector<FieldRow>& rows() {
  static const std::vector<FieldRow> list{
      {{"modules", texts, "", "names of the N modules that were mixed"},
       [](const Source& s) -> ordered_json { return s.adapted.modules; }},
      {{"weights", numbers, "1", "their weights in the answer; 1 and 0 where it is one of them"},
       [](const Source& s) -> ordered_json { return s.adapted.weights; }},
      {{"loss", number, "that of `loss`", "of the answer on the examples, without the penalty"},
       [](const Source& s) -> ordered_json { return s.answer().loss; }},
      {{"objective", number, "that of `loss`", "of the mixture that was found, with the penalty"},
       [](const Source& s) -> ordered_json { return s.adapted.objective; }},
      {{"zero_loss", number, "that of `loss`", "of the base model alone on the examples"},
       [](const Source& s) -> ordered_json { return s.adapted.contest.contestants.front().loss; }},
      {{"single_loss", numbers, "that of `loss`",
        "of each module alone, at weight 1; empty with `--quick`"},
       [](const Source& s) -> ordered_json { return s.adapted.single_loss; }},
      {{"evaluations", integer, "1", "candidates that the search evaluated, or its steps"},
       [](const Source& s) -> ordered_json { return s.adapted.evaluations; }},
      {{"search", text, "", "`cma`, `official`, ..., or `gradient (bfgs)`"},
       [](const Source& s) -> ordered_json { return search_name(s.trial); }},
      {{"seeds", object, "1", "of the draws: `modules`, `shots`, `search`"},
       [](const Source& s) -> ordered_json {
         return {{"modules", s.trial.seed.modules},
                 {"shots", s.trial.seed.shots},
                 {"search", s.trial.seed.search}};
       }},
      {{"answer", text, "", "what was written: `mixture`, or `best single module: x`"},
       [](const Source& s) -> ordered_json { return s.answer().name; }},
      {{"compared", objects, "percent",
        "base, best single and mixture: `name`, `loss`, right answers (`rows`, `accuracy`, 95 % "
        "interval `low` to `high`) of `examples` and `test` rows, McNemar's `p` against the "
        "answer"},
       [](const Source& s) { return contest_json(s.adapted.contest); }},
      {{"out", text, "", "folder of the adapter or the merged model"},
       [](const Source& s) -> ordered_json { return s.out; }}};
  return list;
}

// In the order of AdaptedKind.
constexpr const char* kKindWords[] = {"text",          "integer", "real",           "list of texts",
                                      "list of reals", "object",  "list of objects"};

}  // namespace

const std::vector<AdaptedField>& adapted_fields() {
  static const std::vector<AdaptedField> fields = [] {
    std::vector<AdaptedField> all;
    for (const FieldRow& row : rows()) all.push_back(row.field);
    return all;
  }();
  return fields;
}

std::string adapted_field_table() {
  std::string table = "| field | type | unit | meaning |\n| --- | --- | --- | --- |\n";
  for (const AdaptedField& field : adapted_fields())
    table += base::format("| `{}` | {} | {} | {} |\n", field.name,
                          kKindWords[static_cast<size_t>(field.kind)], field.unit, field.meaning);
  return table;
}

std::string adapted_json(const Adapted& adapted, const study::Trial& trial,
                         const std::string& out) {
  const Source source{.adapted = adapted, .trial = trial, .out = out};
  ordered_json json;
  for (const FieldRow& row : rows()) json[row.field.name] = row.value(source);
  return base::json_text(json);
}

}  // namespace lorahub::run
