// The tables of a result file: a struct is a row, and its table lists the columns. To add a column,
// add a member and a line to the table. The results of a trial are in store/result_columns.hpp, the
// knobs in store/knob_columns.hpp.
#pragma once
#include "store/row_table.hpp"

namespace lorahub::store {

// The first columns of /runs; those of knobs and results follow.
struct RunRow {
  std::string_view id, status;
  bool planned = true;
  int64_t start = -1;
  static RowTable<RunRow> table();
};
struct EvaluationRow {
  std::string_view id;
  int64_t generation = 0, candidate = 0;
  double loss = 0;
  static RowTable<EvaluationRow> table();
};
struct AnswerRow {
  std::string_view id;
  int64_t row = 0;
  bool hit = false;
  std::string_view target, answer, input_sha256;
  static RowTable<AnswerRow> table();
};
struct WeightRow {
  std::string_view id, module;
  double weight = 0;
  static RowTable<WeightRow> table();
};
struct ShotRow {
  std::string_view id;
  int64_t row = 0, tokens = -1;
  double loss_sum = 0;
  std::string_view input_sha256;
  static RowTable<ShotRow> table();
};
struct DroppedRow {
  std::string_view id;
  int64_t row = 0;
  static RowTable<DroppedRow> table();
};
struct InputRow {
  std::string_view id, name, sha256;
  static RowTable<InputRow> table();
};
struct ResolvedRow {
  std::string_view id, key, value;
  static RowTable<ResolvedRow> table();
};
struct FailureRow {
  std::string_view id, message;
  static RowTable<FailureRow> table();
};
struct FaultRow {
  std::string_view id;
  int64_t generation = 0, candidate = 0;
  std::string_view cause;
  static RowTable<FaultRow> table();
};
struct StartRow {
  int64_t start = 0;
  std::string_view started_utc, study, command_line, yaml_sha256;
  static RowTable<StartRow> table();
};
struct EnvironmentRow {
  int64_t start = 0;
  std::string_view key, value;
  static RowTable<EnvironmentRow> table();
};

// The tables of every file, in this order. /runs stands here with its results and without knobs,
// which depend on the study.
std::vector<ResultTable> result_tables();

// The schema that is written: the largest `since_schema` of a column, or kIdentifierSchema.
// Programs that do not know a column refuse the file, where they would take it for a knob.
int newest_schema();

}  // namespace lorahub::store
