#include <algorithm>

#include "base/check.hpp"
#include "store/hdf5.hpp"
#include "store/knob_columns.hpp"
#include "store/result_columns.hpp"
#include "store/result_file.hpp"
#include "store/result_tables.hpp"
#include "store/starts.hpp"

namespace lorahub::store {
namespace {

ResultRow row_of(const RowView& view, const RunRow& run, const std::vector<NamedKnob>& knobs) {
  ResultRow row{.id = std::string(run.id), .status = std::string(run.status)};
  for (const auto& [column, knob] : knobs) row.knobs[knob] = view.text(column);
  for (const ResultColumn& c : result_columns()) {
    if (c.since_schema > kOldestSchema && !view.has(c.name)) continue;
    const bool real = c.field.kind == ColumnKind::real;
    c.field.set(row, real ? Cell(view.real(c.name)) : Cell(view.integer(c.name)));
  }
  return row;
}

void each_run(hid_t file, const std::function<void(const RunRow&, ResultRow)>& visit) {
  const RowTable<RunRow> identity = RunRow::table();
  const TableReader runs(file, identity.path);
  const std::vector<NamedKnob> knobs = knob_names(runs);
  runs.each([&](const RowView& view) {
    const RunRow run = identity.read(view);
    visit(run, row_of(view, run, knobs));
  });
}

// Finds trials by id; rows of a trial stand together, so the last one is tried first.
class TrialIndex {
 public:
  explicit TrialIndex(std::vector<Finding>& trials) {
    for (Finding& trial : trials) places_[trial.row.id] = &trial;
  }
  Finding* find(const std::string& id) {  // null: recorded under an earlier plan, and not done
    const auto found = places_.find(id);
    return found == places_.end() ? nullptr : found->second;
  }
  Finding& of(std::string_view id) {
    if (last_ == nullptr || last_->row.id != id) last_ = find(std::string(id));
    base::check(last_ != nullptr, "trial {} is not in /runs", id);
    return *last_;
  }

 private:
  std::map<std::string, Finding*> places_;
  Finding* last_ = nullptr;
};

void add_tables(hid_t file, std::vector<Finding>& trials) {
  TrialIndex places(trials);
  AnswerRow::table().each(file, [&](const AnswerRow& row) {
    Finding& trial = places.of(row.id);
    trial.test_rows.push_back(static_cast<int>(row.row));
    trial.hits.push_back(static_cast<char>(row.hit));
  });
  EvaluationRow::table().each(file, [&](const EvaluationRow& row) {
    Finding& trial = places.of(row.id);
    trial.generations.push_back(static_cast<int>(row.generation));
    trial.losses.push_back(row.loss);
  });
  WeightRow::table().each(file, [&](const WeightRow& row) {
    places.of(row.id).weights.emplace_back(row.module, row.weight);
  });
  DroppedRow::table().each(file, [&](const DroppedRow& row) { ++places.of(row.id).dropped; });
  FaultRow::table().each(file, [&](const FaultRow& row) {
    if (Finding* trial = places.find(std::string(row.id))) trial->faults.emplace_back(row.cause);
  });
  FailureRow::table().each(file, [&](const FailureRow& row) {
    if (Finding* trial = places.find(std::string(row.id))) trial->failure = row.message;
  });
}

ResultFindings findings(hid_t file) {
  ResultFindings all{.study = read_text_attribute(file, "title"),
                     .question = read_text(file, "config/question"),
                     .created_utc = read_text_attribute(file, "created_utc")};
  const std::vector<Environment> starts = read_environments(file);
  if (!starts.empty()) all.environment = starts.back();
  each_run(file, [&](const RunRow& run, ResultRow row) {
    all.trials.push_back(
        {.row = std::move(row), .planned = run.planned, .origin = origin_of(run.start, starts)});
  });
  add_tables(file, all.trials);
  return all;
}

}  // namespace

Results read_results(hid_t file) {
  Results results{.study = read_text_attribute(file, "title"),
                  .question = read_text(file, "config/question")};
  each_run(file, [&](const RunRow&, ResultRow row) { results.rows.push_back(std::move(row)); });
  AnswerRow::table().each(file, [&](const AnswerRow& row) {
    results.answers[std::string(row.id)].push_back({.row = static_cast<int>(row.row),
                                                    .input_sha256 = std::string(row.input_sha256),
                                                    .target = std::string(row.target),
                                                    .answer = std::string(row.answer),
                                                    .hit = row.hit});
  });
  WeightRow::table().each(file, [&](const WeightRow& row) {
    results.weights[std::string(row.id)].emplace_back(row.module, row.weight);
  });
  return results;
}

ResultFindings read_findings(const std::filesystem::path& file) {
  ResultFindings all;
  with_result_file(file, [&](hid_t open) { all = findings(open); });
  return all;
}

}  // namespace lorahub::store
