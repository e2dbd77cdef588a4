#include "report/table.hpp"

#include <algorithm>

#include "base/printable.hpp"

namespace lorahub::report {
namespace {

size_t width(const std::string& text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

Cells printable(Cells cells) {
  for (std::string& cell : cells) cell = base::printable_line(cell);
  return cells;
}

std::string line(const Cells& cells, const std::vector<size_t>& widths) {
  std::string text = "|";
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string pad(widths[i] - width(cells[i]), ' ');
    text += i == 0 ? " " + cells[i] + pad + " |" : " " + pad + cells[i] + " |";
  }
  return text + "\n";
}

}  // namespace

std::string table(const Cells& names, const std::vector<Cells>& given) {
  const Cells head = printable(names);
  std::vector<Cells> rows;
  for (const Cells& row : given) rows.push_back(printable(row));
  std::vector<size_t> widths;
  for (size_t i = 0; i < head.size(); ++i) {
    widths.push_back(std::max<size_t>(3, width(head[i])));
    for (const Cells& row : rows) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text = line(head, widths) + "|";
  for (size_t i = 0; i < head.size(); ++i)
    text += " " + std::string(widths[i] - 1, '-') + (i == 0 ? "-" : ":") + " |";
  text += "\n";
  for (const Cells& row : rows) text += line(row, widths);
  return text;
}

}  // namespace lorahub::report
