#include "report/figures/gnuplot.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/process.hpp"

namespace lorahub::report {
namespace {

// A temporary folder for one run of gnuplot.
class Workshop {
 public:
  Workshop() {
    std::error_code error;
    std::filesystem::path folder = std::filesystem::temp_directory_path(error);
    // An absolute path looks like no option and no "~".
    if (!error) folder = std::filesystem::absolute(folder, error);
    std::string name = (folder / "lorahub_figure_XXXXXX").string();
    base::check(!error && ::mkdtemp(name.data()) != nullptr,
                "cannot make a folder for temporary files (figures are drawn there), free some "
                "space or set TMPDIR to a folder that is there");
    path_ = name;
  }
  ~Workshop() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  std::string operator/(const char* file) const { return (path_ / file).string(); }

 private:
  std::filesystem::path path_;
};

constexpr size_t kLongestText = 100;  // bytes of a text in a figure

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string fit_text(std::string_view text) {
  return base::shortened(base::printable_line(text), kLongestText);
}

std::string literal(std::string_view text) {
  constexpr std::string_view kHarmless = " _.,:;()[]{}=+-/%&<>";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || kHarmless.find(c) != std::string_view::npos);
    out += plain ? std::string(1, c) : base::format("\\{:03o}", byte);
  }
  return out + "\"";
}

// Lines of up to `letters` letters where blanks and "_" allow.
std::vector<std::string> broken(const std::string& text, size_t letters) {
  std::vector<std::string> lines{""};
  size_t length = 0;  // letters in the last line
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of(" _", at), text.size() - 1) + 1;
    const std::string word = text.substr(at, end - at);
    const auto is_first_byte = [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    };
    const auto size = static_cast<size_t>(std::ranges::count_if(word, is_first_byte));
    if (length > 0 && length + size > letters) {
      lines.emplace_back();
      length = 0;
    }
    lines.back() += word;
    length += size;
    at = end;
  }
  return lines;
}

// One literal of several lines.
std::string literals(const std::vector<std::string>& lines) {
  std::string out = "\"";
  for (const std::string& line : lines) {
    const std::string quoted = literal(line);
    out += (out.size() > 1 ? "\\n" : "") + quoted.substr(1, quoted.size() - 2);
  }
  return out + "\"";
}

// The tag with ids that begin with the name of the figure.
std::string own_ids(std::string tag, const std::string& name) {
  for (const char* quote : {"'", "\""}) {
    replace_all(tag, std::string("id=") + quote, std::string("id=") + quote + name + "-");
    replace_all(tag, std::string("href=") + quote + "#",
                std::string("href=") + quote + "#" + name + "-");
  }
  replace_all(tag, "url(#", "url(#" + name + "-");
  return tag;
}

// What stands between tags is text: it stays, with its ">" escaped (XML knows no "]]>" there).
std::string with_own_ids(const std::string& svg, const std::string& name) {
  std::string out;
  for (size_t at = 0; at < svg.size();) {
    const size_t open = std::min(svg.find('<', at), svg.size());
    const size_t end = std::min(svg.find('>', open), svg.size() - 1) + 1;
    std::string text = svg.substr(at, open - at);
    replace_all(text, ">", "&gt;");
    out += text + own_ids(svg.substr(open, end - open), name);
    at = end;
  }
  return out;
}

// Makes the SVG fit into a page: without the XML head, with a title and with ids of its own.
std::string fit(std::string svg, const Canvas& canvas) {
  svg.erase(0, svg.find("<svg"));
  static const std::regex layer_title("<title>gnuplot_plot_[0-9]+</title>");
  svg = with_own_ids(std::regex_replace(svg, layer_title, ""), canvas.name);
  const std::string old_title = "<title>Gnuplot</title>";
  if (const size_t at = svg.find(old_title); at != std::string::npos)
    svg.replace(at, old_title.size(), "<title>" + base::html_text(canvas.title) + "</title>");
  svg.insert(svg.find("<svg") + 4, " role=\"img\"");
  while (!svg.empty() && (svg.back() == '\n' || svg.back() == ' ')) svg.pop_back();
  return svg;
}

}  // namespace

std::string gnuplot_text(std::string_view text) { return literal(fit_text(text)); }

std::string gnuplot_format_text(std::string_view text) {
  std::string doubled = fit_text(text);
  replace_all(doubled, "%", "%%");
  return literal(doubled);
}

std::string gnuplot_lines(std::string_view text, size_t letters) {
  return literals(broken(fit_text(text), letters));
}

size_t count_lines(std::string_view text, size_t letters) {
  return broken(fit_text(text), letters).size();
}

std::string gnuplot_format_lines(std::string_view text, size_t letters) {
  std::vector<std::string> lines = broken(fit_text(text), letters);
  for (std::string& line : lines) replace_all(line, "%", "%%");
  return literals(lines);
}

std::string gnuplot(const Canvas& canvas, const std::string& commands) {
  const Workshop workshop;
  const std::string script = workshop / "figure.gp";
  base::write_file(script, base::format("set terminal svg noenhanced size {},{} font "
                                        "'sans-serif,{}' background '#ffffff'\n"
                                        "set encoding utf8\n{}",
                                        canvas.width, canvas.height, canvas.letter, commands));
  // -d: without the commands of somebody's ~/.gnuplot
  const auto drawn = base::run_program({"gnuplot", "-d", script});
  base::check(drawn.has_value(),
              "there is no gnuplot (it draws the figure {}), install gnuplot-nox", canvas.name);
  base::check(drawn->code == 0 && drawn->out.find("<svg") != std::string::npos,
              "gnuplot could not draw the figure {} (it ended with {}): {}; see that gnuplot has "
              "its terminal svg (gnuplot-nox does)",
              canvas.name, drawn->code, base::printable_line(base::strip(drawn->err)));
  return fit(drawn->out, canvas);
}

}  // namespace lorahub::report
