#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/sha256.hpp"
#include "store/check_inputs.hpp"
#include "store/check_plan.hpp"
#include "store/check_times.hpp"
#include "store/check_trial.hpp"
#include "store/isolated_process.hpp"
#include "store/knob_columns.hpp"
#include "store/origin.hpp"
#include "store/result_file.hpp"
#include "store/result_tables.hpp"
#include "store/sentence.hpp"
#include "store/starts.hpp"
#include "study/study.hpp"

namespace lorahub::store {
namespace {

Problems check_table(hid_t file, const ResultTable& table, int schema) {
  if (H5Lexists(file, table.name.c_str(), H5P_DEFAULT) <= 0) return {"no table /" + table.name};
  const std::vector<std::string> found = TableReader(file, table.name).columns();
  Problems problems;
  for (const Column& column : table.columns)
    if (column.since_schema <= schema && std::ranges::find(found, column.name) == found.end())
      problems.push_back(base::format("table /{} has no column '{}'", table.name, column.name));
  return problems;
}

Problems check_schema(hid_t file) {
  const int schema = known_schema(file);
  const bool headers = H5Lexists(file, "headers", H5P_DEFAULT) > 0;
  Problems problems;
  for (const ResultTable& table : result_tables())
    if (headers || !table.name.starts_with("headers/"))
      std::ranges::move(check_table(file, table, schema), std::back_inserter(problems));
  if (!headers) problems.emplace_back("no group /headers");
  return problems;
}

// Compares the text of the study with the hash that was recorded with it.
Problems check_study_text(hid_t file) {
  const std::string now = base::sha256(read_text(file, "config/yaml"));
  std::string of_last_start = now;  // where nothing was started yet
  StartRow::table().each(file, [&](const StartRow& row) { of_last_start = row.yaml_sha256; });
  Problems problems;
  for (const auto& [where, hash] :
       {std::pair{"study_sha256", read_text_attribute(file, "study_sha256")},
        std::pair{"/headers/starts", of_last_start}})
    if (hash != now)
      problems.push_back(
          base::format("/config/yaml is not the study that was run: {} says {}, it has {}", where,
                       hash.substr(0, 12), now.substr(0, 12)));
  return problems;
}

void read_runs(hid_t file, CheckedContent& content) {
  const RowTable<RunRow> identity = RunRow::table();
  const TableReader runs(file, identity.path);
  const std::vector<Environment> starts = read_environments(file);
  const std::vector<NamedKnob> knobs = knob_names(runs);
  content.headers = std::ssize(starts);
  size_t planned = 0;
  runs.each([&](const RowView& v) {
    const RunRow run = identity.read(v);
    if (run.planned) ++planned;
    const std::string id(run.id);
    content.hits[id] = v.integer("hits");
    std::vector<std::pair<std::string, std::string>> columns;
    for (const auto& [column, knob] : knobs) columns.emplace_back(knob, v.text(column));
    content.ids[id] = study::id_of_columns(columns);
    if (run.status != "done") return;
    content.starts[id] = run.start;
    content.origins.push_back(origin_of(run.start, starts));
  });
  content.plan_problem = plan_problem(planned, starts);
}

CheckedContent read_content(hid_t file, Results results) {
  CheckedContent content{.results = std::move(results)};
  read_runs(file, content);
  EvaluationRow::table().each(file, [&](const EvaluationRow& row) {
    content.evaluations[std::string(row.id)].push_back({row.generation, row.candidate, row.loss});
  });
  FaultRow::table().each(file, [&](const FaultRow& row) {
    content.faults[std::string(row.id)].push_back({row.generation, row.candidate});
  });
  ShotRow::table().each(file, [&](const ShotRow& row) {
    const std::string id(row.id);
    if (!row.input_sha256.empty()) content.shots[id].emplace(row.input_sha256);
    if (std::isnan(row.loss_sum) || row.tokens < 0) return;
    content.shot_losses[id].sums.push_back(row.loss_sum);
    content.shot_losses[id].tokens.push_back(static_cast<int>(row.tokens));
  });
  content.start_times = read_start_times(file);
  FailureRow::table().each(
      file, [&](const FailureRow& row) { content.failures[std::string(row.id)] = row.message; });
  InputRow::table().each(file, [&](const InputRow& row) {
    content.inputs[std::string(row.id)][std::string(row.name)] = row.sha256;
  });
  for (const auto& [id, rows] : content.evaluations)
    content.traces[id] = read_trace(file, "trace/" + id);
  return content;
}

void check_status(const CheckedContent& content, const ResultRow& row, Problems& problems) {
  if (row.status == "missing" || row.status == "running")
    problems.push_back(
        base::format("trial {} is {}: the study is not complete", row.id, row.status));
  else if (row.status == "failed") {
    const auto failure = content.failures.find(row.id);
    problems.push_back(
        base::format("trial {} failed: {}", row.id,
                     failure == content.failures.end() ? "no message" : sentence(failure->second)));
  } else if (row.status != "done")
    problems.push_back(base::format("trial {} has the unknown status '{}'", row.id, row.status));
}

template <class Map>
void check_known(const CheckedContent& content, const Map& map, const char* table,
                 Problems& problems) {
  for (const auto& [id, unused] : map)
    if (!content.ids.contains(id))
      problems.push_back(base::format("/{} has trial {}, /runs has not", table, id));
}

Problems check_content(const CheckedContent& content, const TaskRules& rules) {
  Problems problems;
  std::set<std::string> ids;
  for (const ResultRow& row : content.results.rows) {
    if (!ids.insert(row.id).second)
      problems.push_back(base::format("trial {} is listed twice", row.id));
    if (content.ids.at(row.id) != row.id)
      problems.push_back(base::format("trial {}: its knobs are those of trial {}", row.id,
                                      content.ids.at(row.id)));
    check_status(content, row, problems);
    if (row.status == "done") check_trial(content, row, rules, problems);
  }
  if (!content.plan_problem.empty()) problems.push_back(content.plan_problem);
  check_inputs(content, problems);
  check_known(content, content.results.answers, "answers", problems);
  check_known(content, content.results.weights, "weights", problems);
  check_known(content, content.evaluations, "evaluations", problems);
  check_known(content, content.shots, "shots", problems);
  check_known(content, content.inputs, "inputs", problems);
  return problems;
}

size_t faults(const CheckedContent& content) {
  size_t all = 0;
  for (const auto& [id, rows] : content.faults) all += rows.size();
  return all;
}

void check_open_file(hid_t file, const TaskRules& rules, CheckResult& verdict) {
  if (Problems problems = check_schema(file); !problems.empty()) {
    std::ranges::move(problems, std::back_inserter(verdict.problems));
    return;
  }
  std::ranges::move(check_study_text(file), std::back_inserter(verdict.problems));
  const CheckedContent content = read_content(file, read_results(file));
  std::ranges::move(check_content(content, rules), std::back_inserter(verdict.problems));
  check_times(content, base::utc_now(), verdict.problems, verdict.notes);
  if (const std::string mixed = mixed_origins(content.origins); !mixed.empty())
    verdict.notes.push_back(mixed);
  if (const size_t count = faults(content); count > 0)
    verdict.notes.push_back(base::format(
        "{} candidate(s) could not be evaluated; their losses are infinite (/faults)", count));
}

CheckResult check_file(const SealedFile& content, const TaskRules& rules) {
  const Quiet quiet;
  CheckResult verdict;
  try {
    const FileHandle file = content.open();
    const int schema = known_schema(file);
    if (std::string problem = digest_problem(content.seal, schema); !problem.empty())
      verdict.problems.push_back(std::move(problem));
    else if (content.seal == Seal::absent)
      verdict.notes.emplace_back(
          "an older version wrote it without a digest: damage that contradicts nothing is not "
          "seen");
    check_open_file(file, rules, verdict);
  } catch (const std::exception& error) {
    if (content.seal == Seal::broken && verdict.problems.empty())
      verdict.problems.push_back(digest_problem(content.seal, newest_schema()));
    verdict.problems.push_back(base::format("not a whole result file: {}", error.what()));
  }
  return verdict;
}

std::string packed(const CheckResult& verdict) {
  return nlohmann::json{{"problems", verdict.problems}, {"notes", verdict.notes}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

CheckResult unpacked(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  return {.problems = json.at("problems"), .notes = json.at("notes")};
}

}  // namespace

// The check runs in a child process, since HDF5 itself may crash on a damaged file.
CheckResult check_hdf5(const std::filesystem::path& file, const TaskRules& rules) {
  const SealedFile content(file);
  const size_t size = content.file.size();
  const IsolatedResult checked =
      run_isolated({.seconds = 20 * reading_seconds(size), .bytes = size},
                   [&] { return packed(check_file(content, rules)); });
  content.file.check_unchanged();
  if (checked.death.empty()) return unpacked(checked.text);
  CheckResult verdict;
  if (content.seal == Seal::broken)
    verdict.problems.push_back(digest_problem(content.seal, newest_schema()));
  verdict.problems.push_back(base::format(
      "not a whole result file: reading it ended with {} (it is damaged)", checked.death));
  return verdict;
}

}  // namespace lorahub::store
