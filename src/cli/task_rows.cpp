#include "cli/task_rows.hpp"

#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "task/row.hpp"

namespace lorahub::cli {
namespace {

namespace fs = std::filesystem;

fs::path temporary_folder() {
  std::string pattern = (fs::temp_directory_path() / "lorahub_rows_XXXXXX").string();
  base::check(
      ::mkdtemp(pattern.data()) != nullptr,
      "no temporary folder can be made in {} (the rows of a pipe are kept there), set TMPDIR",
      fs::temp_directory_path().string());
  return pattern;
}

}  // namespace

TaskRows::TaskRows(const std::string& file, const std::string& columns, KeepRows keep)
    : files_{.pool = file, .test = file} {
  std::error_code error;
  const task::Reading reading{.columns = task::parse_columns(columns, "--columns")};
  const bool again = file != "-" && (!fs::exists(file, error) || fs::is_regular_file(file, error) ||
                                     fs::is_directory(file, error));
  if (again && columns.empty() && keep == KeepRows::where_needed) return;
  std::string text;
  for (const task::Example& row : task::read_examples(file, reading))
    text += base::json_text(nlohmann::json{{"input", row.input}, {"target", row.target}}) + "\n";
  folder_ = temporary_folder();
  const std::string copy = folder_ / "rows.jsonl";
  base::write_file(copy, text);
  files_ = {.pool = copy, .test = copy};
}

TaskRows::~TaskRows() {
  std::error_code error;
  if (!folder_.empty()) fs::remove_all(folder_, error);
}

}  // namespace lorahub::cli
