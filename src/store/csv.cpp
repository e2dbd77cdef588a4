#include "store/csv.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/files.hpp"
#include "store/paths.hpp"
#include "store/result_file.hpp"
#include "store/result_tables.hpp"

namespace lorahub::store {
namespace {

std::string line(const std::vector<std::string>& cells) {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) text += (i == 0 ? "" : ",") + base::csv_cell(cells[i]);
  return text + "\r\n";
}

std::string csv(hid_t file, const std::string& table) {
  const TableReader reader(file, table);
  const std::vector<std::string> columns = reader.columns();
  std::string text = line(columns);
  std::vector<std::string> cells(columns.size());
  reader.each([&](const RowView& view) {
    for (size_t c = 0; c < columns.size(); ++c) cells[c] = view.text(columns[c]);
    text += line(cells);
  });
  return text;
}

// Units and meanings, from the attribute `columns` of each table.
std::string meanings(hid_t file) {
  std::string text = line({"table", "column", "units", "meaning", "knob"});
  for (const ResultTable& table : result_tables()) {
    const auto known = nlohmann::ordered_json::parse(TableReader(file, table.name).description());
    for (const auto& [column, about] : known.items())
      text += line({table.name, column, about.at("units"), about.at("long_name"),
                    about.value("knob", std::string())});
  }
  return text;
}

}  // namespace

std::vector<std::string> export_csv(const std::filesystem::path& file,
                                    const std::filesystem::path& folder) {
  std::vector<std::pair<std::string, std::string>> files;
  with_result_file(file, [&](hid_t open) {
    files.clear();
    for (const ResultTable& table : result_tables()) {
      files.emplace_back(csv_name(table.name), csv(open, table.name));
    }
    files.emplace_back(kColumnsCsv, meanings(open));
  });
  std::vector<std::string> names;
  for (const auto& [name, text] : files) {
    base::write_file(folder / name, text);
    names.push_back(name);
  }
  return names;
}

}  // namespace lorahub::store
