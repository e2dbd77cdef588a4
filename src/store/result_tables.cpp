#include "store/result_tables.hpp"

#include <algorithm>

#include "store/result_columns.hpp"

namespace lorahub::store {
namespace {

template <class ResultRow>
RowColumn<ResultRow> trial_id() {
  return {"id", kNoUnit, "trial: first 16 digits of the SHA-256 of its knobs", &ResultRow::id};
}

}  // namespace

RowTable<RunRow> RunRow::table() {
  return {"runs",
          "a trial of the study, in its order; then those that an earlier plan recorded",
          {trial_id<RunRow>(),
           {"status", kNoUnit, "done, failed, running or missing", &RunRow::status,
            "A trial that is running was begun and has not ended."},
           {"planned", "1", "1: in the plan of the last run; 0: recorded by one before",
            &RunRow::planned},
           {"start", "1", "start of the program that ended it, as in /headers/starts",
            &RunRow::start, "It is -1 where the trial has not ended.", 4}}};
}

RowTable<EvaluationRow> EvaluationRow::table() {
  return {"evaluations",
          "a candidate in the search of a trial that is done",
          {trial_id<EvaluationRow>(),
           {"generation", "1", "sequential step of the search, from 0", &EvaluationRow::generation},
           {"candidate", "1", "place in its generation, from 0", &EvaluationRow::candidate},
           {"loss", kLossUnit, "few-shot loss with its penalty, as the search saw it",
            &EvaluationRow::loss}}};
}

RowTable<AnswerRow> AnswerRow::table() {
  return {"answers",
          "the answer to a test row, of a trial that is done",
          {trial_id<AnswerRow>(),
           {"row", "1", "row of the test file, from 0", &AnswerRow::row},
           {"hit", "1", "1: the answer is right", &AnswerRow::hit},
           {"target", kNoUnit, "right answer", &AnswerRow::target},
           {"answer", kNoUnit, "answer of the model", &AnswerRow::answer},
           {"input_sha256", kNoUnit, "SHA-256 of the input", &AnswerRow::input_sha256}}};
}

RowTable<WeightRow> WeightRow::table() {
  return {"weights",
          "a module of the chosen mixture, of a trial that is done",
          {trial_id<WeightRow>(),
           {"module", kNoUnit, "name of the LoRA module", &WeightRow::module},
           {"weight", "1",
            "mixing weight that was chosen, or the mean over the test rows where each has its own",
            &WeightRow::weight}}};
}

RowTable<ShotRow> ShotRow::table() {
  return {"shots",
          "an example that the search saw, of a trial that is done",
          {trial_id<ShotRow>(),
           {"row", "1", "row of the pool, from 0", &ShotRow::row},
           {"tokens", "token", "target tokens, with the end of sentence", &ShotRow::tokens},
           {"loss_sum", "nat", "cross-entropy sum of the target under the chosen weights",
            &ShotRow::loss_sum},
           {"input_sha256", kNoUnit, "SHA-256 of the input, empty: not recorded",
            &ShotRow::input_sha256}}};
}

RowTable<DroppedRow> DroppedRow::table() {
  return {"dropped",
          "a test row left out, of a trial that is done",
          {trial_id<DroppedRow>(),
           {"row", "1", "test row left out since it equals a shot", &DroppedRow::row}}};
}

RowTable<InputRow> InputRow::table() {
  return {"inputs",
          "something that a trial read since it was begun",
          {trial_id<InputRow>(),
           {"name", kNoUnit, "model, module <name>, shots or test", &InputRow::name,
            "`shots` and `test` are the rows in use, `pool file` and `test file` the files they "
            "are of."},
           {"sha256", kNoUnit, "SHA-256 of what was read", &InputRow::sha256}}};
}

RowTable<ResolvedRow> ResolvedRow::table() {
  return {"resolved",
          "a setting that had a default, of a trial that is done",
          {trial_id<ResolvedRow>(),
           {"key", kNoUnit, "setting that had a default", &ResolvedRow::key,
            "These are `search.population`, `search.sigma0` and `tile`."},
           {"value", kNoUnit, "as it was used", &ResolvedRow::value}}};
}

RowTable<FailureRow> FailureRow::table() {
  return {
      "failures",
      "a trial that failed",
      {trial_id<FailureRow>(), {"message", kNoUnit, "why the trial failed", &FailureRow::message}}};
}

RowTable<FaultRow> FaultRow::table() {
  return {
      "faults",
      "a candidate whose loss was computed twice and is not a number, of a trial that has ended",
      {trial_id<FaultRow>(),
       {"generation", "1", "sequential step of the search, from 0", &FaultRow::generation},
       {"candidate", "1", "place in its generation, from 0; its loss is inf", &FaultRow::candidate},
       {"cause", kNoUnit, "why it could not be evaluated, twice", &FaultRow::cause}}};
}

RowTable<StartRow> StartRow::table() {
  return {"headers/starts",
          "a start of the program",
          {{"start", "1", "start of the program, from 0", &StartRow::start},
           {"started_utc", kNoUnit, "date and time, UTC", &StartRow::started_utc},
           {"study", kNoUnit, "name of the study", &StartRow::study},
           {"command_line", kNoUnit, "what was typed", &StartRow::command_line},
           {"yaml_sha256", kNoUnit, "SHA-256 of the study's YAML", &StartRow::yaml_sha256}}};
}

RowTable<EnvironmentRow> EnvironmentRow::table() {
  return {
      "headers/environment",
      "something that is known of a start of the program",
      {{"start", "1", "start of the program, from 0", &EnvironmentRow::start},
       {"key", kNoUnit, "what", &EnvironmentRow::key,
        "It is versions, commit, compiler, host, processor, memory, ranks, threads, Slurm job; "
        "`cpu_capability`, `MKL_CBWR` and others that change bits; `ranks differ`; `rank 0`, ...: "
        "host and device."},
       {"value", kNoUnit, "its value", &EnvironmentRow::value}}};
}

std::vector<ResultTable> result_tables() {
  ResultTable runs = RunRow::table().table();
  for (const ResultColumn& column : result_columns()) runs.columns.push_back(column.column());
  return {runs,
          EvaluationRow::table().table(),
          AnswerRow::table().table(),
          WeightRow::table().table(),
          ShotRow::table().table(),
          DroppedRow::table().table(),
          InputRow::table().table(),
          ResolvedRow::table().table(),
          FailureRow::table().table(),
          FaultRow::table().table(),
          StartRow::table().table(),
          EnvironmentRow::table().table()};
}

int newest_schema() {
  int newest = kIdentifierSchema;
  for (const ResultTable& table : result_tables())
    for (const Column& column : table.columns) newest = std::max(newest, column.since_schema);
  return newest;
}

}  // namespace lorahub::store
