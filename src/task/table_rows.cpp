#include "task/table_rows.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.hpp"
#include "base/file_kind.hpp"

namespace lorahub::task {
namespace {

constexpr size_t kLargestRecord = size_t{16} << 20;  // bytes

// Numbers and truth values, as spreadsheets and pandas write them.
bool is_no_text(const std::string& cell) {
  const std::string word = base::lower(base::strip(cell));
  return word == "true" || word == "false" ||
         nlohmann::json::parse(word, nullptr, false).is_number();
}

}  // namespace

std::optional<char> cell_separator(std::string_view file) {
  const std::string name = base::lower(std::string(file));
  if (name.ends_with(".csv")) return ',';
  if (name.ends_with(".tsv")) return '\t';
  return std::nullopt;
}

void TableRows::end_cell() {
  cells_.push_back(std::exchange(cell_, {}));
  state_ = State::at_start;
}

void TableRows::scan(std::string_view line) {
  for (const char c : line) {
    base::check(
        c != '\r' || state_ == State::quoted,
        "{}: a carriage return stands outside of quotes (do the lines end with it alone, as "
        "those of old Macs?), save the file with line feeds at the ends of its lines",
        place_);
    const bool separates = c == separator_ && state_ != State::quoted;
    base::check(state_ != State::after_quote || separates || c == '"',
                "{}: text follows the closing quote of a cell (which is its end?), write a quote "
                "within a text twice",
                place_);
    if (separates) {
      end_cell();
    } else if (c == '"' && state_ == State::quoted) {
      state_ = State::after_quote;
    } else if (c == '"' && state_ == State::at_start) {
      state_ = State::quoted;
    } else {
      if (state_ == State::after_quote) state_ = State::quoted;  // two quotes are one
      if (state_ == State::at_start) state_ = State::plain;
      cell_ += c;
    }
  }
}

void TableRows::take_header(std::vector<std::string> names) {
  for (std::string& name : names) name = base::strip(name);
  for (const std::string& name : names)
    base::check(std::ranges::count(names, name) == 1,
                "{}: the header names \"{}\" twice (only one column could count), keep one of them",
                place_, name);
  base::check(names.size() > 1 || names.front().find(';') == std::string::npos,
              "{}: the header has one column, \"{}\" (cells are separated by {}), save the table "
              "anew",
              place_, names.front(), separator_ == ',' ? "commas" : "tabs");
  header_ = std::move(names);
}

bool TableRows::is_read(std::string_view column) const {
  if (columns_.input.empty()) return may_be_read(column);
  const std::vector<std::string> inputs = base::split(columns_.input, '+');
  return column == columns_.target || std::ranges::count(inputs, column) > 0;
}

std::string TableRows::json(const std::vector<std::string>& cells) const {
  base::check(cells.size() == header_.size(),
              "{}: the row has {} cells where the header has {} (is there a {} within a text?), "
              "put the text into double quotes",
              place_, cells.size(), header_.size(), separator_ == ',' ? "comma" : "tab");
  nlohmann::json row = nlohmann::json::object();
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string& cell = cells[i];
    nlohmann::json& value = row[header_[i]];
    if (cell.empty()) continue;
    if (is_read(header_[i]) || !is_no_text(cell))
      value = cell;
    else
      value = nlohmann::json::parse(base::lower(base::strip(cell)));
  }
  return row.dump();
}

std::optional<TableRows::Record> TableRows::take(std::string_view line, const std::string& place) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (state_ == State::quoted) {
    cell_ += '\n';
  } else {
    if (line.empty()) return std::nullopt;
    place_ = place;
    bytes_ = 0;
  }
  bytes_ += line.size();
  base::check(bytes_ <= kLargestRecord,
              "{}: a row of more than {} MiB (does a quote open that is never closed?), mend it",
              place_, kLargestRecord >> 20);
  if (const auto at = base::first_not_utf8(line))
    base::fail("{}: the byte 0x{:02x} is no UTF-8 text (is it Latin-1?), save the file as UTF-8",
               place, static_cast<unsigned char>(line[*at]));
  scan(line);
  if (state_ == State::quoted) return std::nullopt;
  end_cell();
  std::vector<std::string> cells = std::exchange(cells_, {});
  if (!header_.empty()) return Record{.json = json(cells), .place = place_};
  take_header(std::move(cells));
  return std::nullopt;
}

void TableRows::end() const {
  base::check(state_ != State::quoted,
              "{}: a quote opens here that is never closed (the rest of the file would be one "
              "text), write a quote within a text twice",
              place_);
}

}  // namespace lorahub::task
