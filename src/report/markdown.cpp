#include "base/text.hpp"
#include "report/document.hpp"

namespace lorahub::report {
namespace {

enum class Figures { linked, left_out };

class Writer {
 public:
  explicit Writer(Figures figures) : figures_(figures) {}

  void operator()(const Text& t) {
    switch (t.role) {
      case Text::Role::question:
        out.text += "> " + t.text + "\n\n";
        break;
      case Text::Role::answer:
        out.text += "**" + t.text + "**\n\n";
        break;
      default:
        out.text += t.text + "\n\n";
    }
  }
  void operator()(const Table& t) {
    if (!t.title.empty()) out.text += t.title + ":\n\n";
    out.text += table(t.head, t.rows) + "\n";
  }
  void operator()(const Figure& f) {
    if (figures_ == Figures::left_out) return;
    out.files.emplace_back(f.name + ".svg", f.svg);
    out.text += base::format("![{}]({}.svg)\n\n{}. {}\n\n", f.title, f.name, f.title, f.caption);
    out.text += "<details><summary>The figure's numbers</summary>\n\n" +
                table(f.table.head, f.table.rows) + "\n</details>\n\n";
  }
  void operator()(const List& l) {
    out.text += l.title + ":\n\n";
    for (const std::string& item : l.items) out.text += "- " + item + "\n";
    out.text += "\n";
  }
  void section(const Section& s) {
    out.text += "## " + s.title + "\n\n";
    for (const Block& block : s.blocks) std::visit(*this, block);
  }

  Markdown out;

 private:
  Figures figures_;
};

}  // namespace

Markdown markdown(const Report& report) {
  Writer writer(Figures::linked);
  writer.out.text = "# " + report.title + "\n\n";
  for (const Section& s : report.sections) writer.section(s);
  writer.out.text.pop_back();  // one line break at the end
  return writer.out;
}

std::string plain_markdown(const Report& report) {
  Writer writer(Figures::left_out);
  for (const Section& s : report.sections) writer.section(s);
  return writer.out.text;
}

}  // namespace lorahub::report
