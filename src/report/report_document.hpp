// The content of a report, before it becomes Markdown or HTML.
#pragma once
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "report/table.hpp"

namespace lorahub::report {

struct Text {
  enum class Role { plain, question, answer, note };
  std::string text;
  Role role = Role::plain;
};
struct Table {
  std::string title;
  Cells head;
  std::vector<Cells> rows;  // the first column names the row
};
struct Figure {
  std::string name;  // of its file and its anchor: "minilab-profiles"
  std::string title, caption;
  std::string svg;         // self-contained
  std::string narrow_svg;  // the same for a phone; "": there is none
  Table table;             // its numbers
};
struct List {
  std::string title;
  std::vector<std::string> items;
};
using DocumentBlock = std::variant<Text, Table, Figure, List>;

struct Section {
  std::string title;
  std::vector<DocumentBlock> blocks;
};
struct Report {
  std::string title;
  std::vector<Section> sections;
};

// Figures and the SVG files they are in: `file name -> SVG`, to be written beside the Markdown.
struct Markdown {
  std::string text;
  std::vector<std::pair<std::string, std::string>> files;
};
Markdown markdown(const Report& report);
std::string plain_markdown(const Report& report);  // without figures
std::string html(const Report& report);            // one file, nothing outside it

}  // namespace lorahub::report
