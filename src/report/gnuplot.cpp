#include "report/gnuplot.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "base/check.hpp"
#include "base/files.hpp"

namespace lorahub::report {
namespace {

// A folder for one run of gnuplot, gone with it.
class Workshop {
 public:
  Workshop() {
    std::string name = (std::filesystem::temp_directory_path() / "lorahub_figure_XXXXXX").string();
    base::check(::mkdtemp(name.data()) != nullptr,
                "cannot make a folder in {} (figures are drawn there), free some space or set "
                "TMPDIR",
                std::filesystem::temp_directory_path().string());
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

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  return out;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// Without the XML head; with a title; with ids of its own.
std::string fit(std::string svg, const Canvas& canvas) {
  svg.erase(0, svg.find("<svg"));
  const std::string old_title = "<title>Gnuplot</title>";
  if (const size_t at = svg.find(old_title); at != std::string::npos)
    svg.replace(at, old_title.size(), base::format("<title>{}</title>", escaped(canvas.title)));
  static const std::regex layer_title("<title>gnuplot_plot_[0-9]+</title>");
  svg = std::regex_replace(svg, layer_title, "");
  for (const char* quote : {"'", "\""}) {
    replace_all(svg, std::string("id=") + quote, std::string("id=") + quote + canvas.name + "-");
    replace_all(svg, std::string("href=") + quote + "#",
                std::string("href=") + quote + "#" + canvas.name + "-");
  }
  replace_all(svg, "url(#", "url(#" + canvas.name + "-");
  const size_t head = svg.find("<svg") + 4;
  svg.insert(head, " role=\"img\"");
  while (!svg.empty() && (svg.back() == '\n' || svg.back() == ' ')) svg.pop_back();
  return svg;
}

}  // namespace

std::string gnuplot(const Canvas& canvas, const std::string& commands) {
  const Workshop workshop;
  const std::string script = workshop / "figure.gp", output = workshop / "figure.svg";
  std::ofstream(script) << base::format(
                               "set terminal svg noenhanced size {},{} font 'sans-serif,13' "
                               "background '#ffffff'\nset output '{}'\nset encoding utf8\n",
                               canvas.width, canvas.height, output)
                        << commands << "unset output\n";
  const std::string log = workshop / "log";
  const int failed = std::system(base::format("gnuplot '{}' 2>'{}'", script, log).c_str());
  base::check(failed == 0 && std::filesystem::exists(output),
              "gnuplot failed (it draws the figure {}): {}; install gnuplot-nox", canvas.name,
              std::filesystem::exists(log) ? base::strip(base::read_file(log)) : "");
  return fit(base::read_file(output), canvas);
}

}  // namespace lorahub::report
