#include <algorithm>

#include "base/check.hpp"
#include "store/hdf5.hpp"
#include "store/layout.hpp"

namespace lorahub::store {
namespace {

Row row_of(const RowView& view, const std::vector<std::string>& knobs) {
  Row row{.id = view.text("id"), .status = view.text("status")};
  for (const std::string& knob : knobs) row.knobs[knob] = view.text(knob);
  const auto count = [&](const char* column) { return std::max<long>(0, view.integer(column)); };
  row.accuracy = view.real("accuracy");
  row.best_loss = view.real("best_loss");
  row.zero_loss = view.real("zero_loss");
  row.counts = {.evaluations = count("evaluations"),
                .rounds = count("rounds"),
                .example_forwards = count("example_forwards"),
                .search_tokens = count("search_tokens"),
                .answer_tokens = count("answer_tokens")};
  row.timing = {.load = view.real("load_s"),
                .search = view.real("search_s"),
                .answer = view.real("answer_s"),
                .waits = count("waits")};
  row.test_rows = static_cast<int>(count("test_rows"));
  return row;
}

std::vector<std::string> knob_names(const TableReader& runs) {
  std::vector<std::string> names = runs.columns();
  for (const auto& columns : {layout::run_identity(), layout::run_results()})
    for (const Column& column : columns) std::erase(names, column.name);
  return names;
}

Results read(hid_t file) {
  const int schema = read_integer_attribute(file, "schema_version");
  base::check(schema == kSchemaVersion, "its schema is {}, this program reads {}", schema,
              kSchemaVersion);
  Results results{.study = read_text_attribute(file, "title"),
                  .question = read_text(file, "config/question")};
  const TableReader runs(file, "runs");
  const std::vector<std::string> knobs = knob_names(runs);
  runs.each([&](const RowView& view) { results.rows.push_back(row_of(view, knobs)); });
  TableReader(file, "answers").each([&](const RowView& view) {
    results.answers[view.text("id")].push_back({.row = static_cast<int>(view.integer("row")),
                                                .input_sha256 = view.text("input_sha256"),
                                                .target = view.text("target"),
                                                .answer = view.text("answer"),
                                                .hit = view.integer("hit") != 0});
  });
  TableReader(file, "weights").each([&](const RowView& view) {
    results.weights[view.text("id")].emplace_back(view.text("module"), view.real("weight"));
  });
  return results;
}

}  // namespace

Results read_hdf5(const std::filesystem::path& file) {
  base::check(std::filesystem::is_regular_file(file),
              "no result file {} (it is written by 'lorahub run'), check the path", file.string());
  const Quiet quiet;
  try {
    return read(open_file(file));
  } catch (const std::runtime_error& error) {
    base::fail(
        "{} is not a result file that can be read: {}; run the study again to rebuild it from its "
        "journal",
        file.string(), error.what());
  }
}

}  // namespace lorahub::store
