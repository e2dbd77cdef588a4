#include "base/escape.hpp"
#include "base/text.hpp"
#include "report/report_document.hpp"

namespace lorahub::report {
namespace {

enum class Figures { linked, left_out };

using base::markdown_text;

// Text for the beginning of a line: what would make it a heading, a list or a rule there is
// escaped.
std::string markdown_line(const std::string& text) {
  const std::string line = markdown_text(text);
  const size_t first = line.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  const size_t behind = line.find_first_not_of("0123456789", first);
  const bool numbered =
      behind != std::string::npos && behind > first && (line[behind] == '.' || line[behind] == ')');
  const bool marked = std::string_view("#>-+=_").find(line[first]) != std::string_view::npos;
  if (numbered) return line.substr(first, behind - first) + "\\" + line.substr(behind);
  return marked ? "\\" + line.substr(first) : line;
}

std::string markdown_table(const Cells& head, std::vector<Cells> rows) {
  const auto escape = [](Cells& cells) {
    for (std::string& cell : cells) cell = markdown_text(cell);
  };
  Cells names = head;
  escape(names);
  for (Cells& row : rows) escape(row);
  return table(names, rows);
}

class MarkdownWriter {
 public:
  explicit MarkdownWriter(Figures figures) : figures_(figures) {}

  void operator()(const Text& t) {
    switch (t.role) {
      case Text::Role::question:
        out.text += "> " + markdown_line(t.text) + "\n\n";
        break;
      case Text::Role::answer:
        out.text += "**" + markdown_text(t.text) + "**\n\n";
        break;
      default:
        out.text += markdown_text(t.text) + "\n\n";
    }
  }
  void operator()(const Table& t) {
    if (!t.title.empty()) out.text += markdown_text(t.title) + ":\n\n";
    out.text += markdown_table(t.head, t.rows) + "\n";
  }
  void operator()(const Figure& f) {
    if (figures_ == Figures::left_out) return;
    out.files.emplace_back(f.name + ".svg", f.svg);
    const std::string title = markdown_text(f.title);
    out.text +=
        base::format("![{0}]({1}.svg)\n\n{0}. {2}\n\n", title, f.name, markdown_text(f.caption));
    out.text += "<details><summary>The figure's numbers</summary>\n\n" +
                markdown_table(f.table.head, f.table.rows) + "\n</details>\n\n";
  }
  void operator()(const List& l) {
    out.text += markdown_text(l.title) + ":\n\n";
    for (const std::string& item : l.items) out.text += "- " + markdown_line(item) + "\n";
    out.text += "\n";
  }
  void section(const Section& s) {
    out.text += "## " + markdown_text(s.title) + "\n\n";
    for (const DocumentBlock& block : s.blocks) std::visit(*this, block);
  }

  Markdown out;

 private:
  Figures figures_;
};

}  // namespace

Markdown markdown(const Report& report) {
  MarkdownWriter writer(Figures::linked);
  writer.out.text = "# " + markdown_text(report.title) + "\n\n";
  for (const Section& s : report.sections) writer.section(s);
  writer.out.text.pop_back();  // one line break at the end
  return writer.out;
}

std::string plain_markdown(const Report& report) {
  MarkdownWriter writer(Figures::left_out);
  for (const Section& s : report.sections) writer.section(s);
  return writer.out.text;
}

}  // namespace lorahub::report
