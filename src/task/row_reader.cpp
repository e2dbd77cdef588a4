#include "task/row_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/file_kind.hpp"

namespace lorahub::task {
namespace {

constexpr size_t kLongestLine = size_t{16} << 20;  // bytes
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A first line that begins BBH's object and does not end it, or one that holds all of it.
bool begins_bbh(const std::string& line) {
  const std::string first = base::strip(line);
  return first == "{" ||
         (first.starts_with("{") && (first.find("\"examples\"") != std::string::npos ||
                                     first.find("\"canary\"") != std::string::npos));
}

}  // namespace

RowReader::RowReader(const std::string& file, Reading reading)
    : input_(file), reading_(std::move(reading)) {
  const auto separator = cell_separator(file);
  if (!separator) return;
  table_.emplace(*separator, reading_.columns);
  reading_.form = RowForm::table;
}

bool RowReader::fill() {
  std::array<char, 1 << 16> some;
  const size_t size = input_.read(some);
  bytes_.erase(0, at_);
  at_ = 0;
  bytes_.append(some.data(), size);
  return size > 0;
}

// What is no text at all is named before it is taken for rows.
void RowReader::begin() {
  begun_ = true;
  constexpr size_t kKnown = 256;
  while (bytes_.size() < kKnown && bytes_.find('\n') == std::string::npos && fill()) {
  }
  const auto kind = base::file_kind(bytes_);
  base::check(bytes_.empty() || !kind, "{}: is no task file: it seems to be {}", input_.name(),
              kind.value_or(""));
  if (bytes_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

bool RowReader::read_line(std::string& line) {
  line.clear();
  for (;;) {
    const size_t end = bytes_.find('\n', at_);
    const bool ends = end != std::string::npos;
    line.append(bytes_, at_, ends ? end - at_ : end);
    at_ = ends ? end + 1 : bytes_.size();
    base::check(line.size() <= kLongestLine,
                "{}:{}: a line of more than {} MiB (rows are held in memory), shorten it",
                input_.name(), number_ + 1, kLongestLine >> 20);
    if (ends || !fill()) {
      number_ += ends || !line.empty() ? 1 : 0;
      return ends || !line.empty();
    }
  }
}

void RowReader::read_whole(std::string text) {
  for (std::string line; read_line(line);) text += "\n" + line;
  whole_ = parse_bbh(text, input_.name(), reading_);
}

bool RowReader::next_of_table(Row& row) {
  for (std::string line; read_line(line);) {
    const auto record = table_->take(line, base::format("{}:{}", input_.name(), number_));
    if (!record) continue;
    row = parse_row(record->json, record->place, reading_);
    return true;
  }
  table_->end();
  return false;
}

bool RowReader::next(Row& row) {
  if (!begun_) begin();
  if (table_) return next_of_table(row);
  for (std::string line; whole_.empty() && read_line(line);) {
    if (base::strip(line).empty()) continue;
    const std::string place = base::format("{}:{}", input_.name(), number_);
    base::check(number_ > 1 || !base::strip(line).starts_with('['),
                "{}: the file is a JSON list, write one row a line (jq -c '.[]' does)", place);
    if (number_ == 1 && begins_bbh(line)) {
      read_whole(line);
      break;
    }
    row = parse_row(line, place, reading_);
    return true;
  }
  if (given_ == whole_.size()) return false;
  row = std::move(whole_[given_]);
  ++given_;
  return true;
}

}  // namespace lorahub::task
