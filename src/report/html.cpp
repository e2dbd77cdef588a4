#include "base/escape.hpp"
#include "base/replaced.hpp"
#include "base/text.hpp"
#include "report/report_document.hpp"

namespace lorahub::report {
namespace {

// The style is readable on a phone, on a desktop and on paper, and fetches nothing.
constexpr const char* kStyle = R"(
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem;color:#1a1a1a;background:#fff;
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:.5rem 0 1rem}
h2{font-size:1.25rem;line-height:1.25;margin:2.5rem 0 .75rem;padding-top:.75rem;border-top:1px solid #ccc}
p,ul,figcaption{max-width:52rem}
nav ul{list-style:none;padding:0;margin:0;max-width:none;columns:20rem}
nav a{color:#0b5394;text-decoration:none}nav a:hover{text-decoration:underline}
.question{font-style:italic;color:#444;margin:.5rem 0}
.answer{border-left:4px solid #0072b2;background:#f2f7fb;padding:.6rem .9rem;margin:1rem 0}
.note{color:#555;font-size:.875rem}
.wide{overflow-x:auto;margin:.5rem 0 1rem}
.wide:focus-visible{outline:2px solid #0072b2}
table{border-collapse:collapse;font-size:.8125rem;font-variant-numeric:tabular-nums}
.title{font-weight:600;font-size:.9375rem;margin:1.25rem 0 .25rem}
th,td{padding:.2rem .6rem;text-align:right;vertical-align:bottom;border-bottom:1px solid #e4e4e4;white-space:nowrap}
thead th{border-bottom:1px solid #777;white-space:normal;min-width:4.5rem}
th:first-child,td:first-child{text-align:left}
tbody th{font-weight:400;position:sticky;left:0;background:#fff}
tbody tr:nth-child(even)>*{background:#fafafa}
.narrow,wbr{display:none}
figure{margin:1.5rem 0}
figure svg{display:block;width:100%;max-width:52rem;height:auto}
.phone{display:none}
figcaption{font-size:.9375rem;margin-top:.25rem}
details{margin:.25rem 0 1rem}summary{cursor:pointer;color:#0b5394;font-size:.875rem}
li{overflow-wrap:anywhere}
@media(max-width:40rem){body{padding:.75rem}.narrow,.phone{display:block}.page{display:none}wbr{display:inline}h1{font-size:1.35rem}th,td{padding:.2rem .4rem}
tbody th{white-space:normal;min-width:8.5rem;max-width:10rem;overflow-wrap:anywhere}}
@media print{body{max-width:none;padding:0;font-size:10pt}nav,summary{display:none}
figure,.answer{break-inside:avoid}.wide{overflow:visible}h2{break-after:avoid}}
)";

// Names may break after an underscore, on a phone.
std::string cells(const Cells& row) {
  std::string out;
  for (size_t i = 0; i < row.size(); ++i)
    out += i == 0 ? "<th scope=\"row\">" + base::replaced(base::html_text(row[i]), "_", "_<wbr>") +
                        "</th>"
                  : "<td>" + base::html_text(row[i]) + "</td>";
  return "<tr>" + out + "</tr>\n";
}

std::string head_cell(const std::string& text) {  // "[95 %]" stays together
  return "<th scope=\"col\">" + base::replaced(base::html_text(text), " %", "&nbsp;%") + "</th>";
}

// The style shows one of the two.
std::string pictures(const Figure& f) {
  if (f.narrow_svg.empty()) return base::format("<div>{}</div>", f.svg);
  return base::format("<div class=\"page\">{}</div>\n<div class=\"phone\">{}</div>", f.svg,
                      f.narrow_svg);
}

class HtmlWriter {
 public:
  void operator()(const Text& t) {
    const char* classes[] = {"", " class=\"question\"", " class=\"answer\"", " class=\"note\""};
    out += base::format("<p{}>{}</p>\n", classes[static_cast<size_t>(t.role)],
                        base::html_text(t.text));
  }
  void operator()(const Table& t) {
    if (!t.title.empty()) out += "<p class=\"title\">" + base::html_text(t.title) + "</p>\n";
    out += base::format("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">",
                        base::html_text(t.title.empty() ? t.head.at(0) : t.title));
    out += "<table>\n<thead><tr>";
    for (const std::string& cell : t.head) out += head_cell(cell);
    out += "</tr></thead>\n<tbody>\n";
    for (const Cells& row : t.rows) out += cells(row);
    out += "</tbody></table></div>\n";
  }
  void operator()(const Figure& f) {
    out += base::format(
        "<figure id=\"{}\">{}\n<figcaption><strong>{}.</strong> {}</figcaption>\n"
        "<details><summary>The figure's numbers</summary>\n",
        base::html_text(f.name), pictures(f), base::html_text(f.title), base::html_text(f.caption));
    (*this)(f.table);
    out += "</details></figure>\n";
  }
  void operator()(const List& l) {
    out += "<p>" + base::html_text(l.title) + ":</p>\n<ul>\n";
    for (const std::string& item : l.items) out += "<li>" + base::html_text(item) + "</li>\n";
    out += "</ul>\n";
  }

  std::string out;
};

}  // namespace

std::string html(const Report& report) {
  HtmlWriter writer;
  writer.out = base::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n<nav><ul>\n",
      base::html_text(report.title), kStyle);
  for (size_t i = 0; i < report.sections.size(); ++i)
    writer.out += base::format("<li><a href=\"#section-{}\">{}</a></li>\n", i + 1,
                               base::html_text(report.sections[i].title));
  writer.out +=
      "</ul></nav>\n<main>\n<p class=\"note narrow\">Wide tables scroll "
      "sideways.</p>\n";
  for (size_t i = 0; i < report.sections.size(); ++i) {
    writer.out += base::format("<section id=\"section-{}\"><h2>{}</h2>\n", i + 1,
                               base::html_text(report.sections[i].title));
    for (const DocumentBlock& block : report.sections[i].blocks) std::visit(writer, block);
    writer.out += "</section>\n";
  }
  return writer.out + "</main>\n</body>\n</html>\n";
}

}  // namespace lorahub::report
