#include <cstdlib>

#include "base/check.hpp"
#include "base/files.hpp"
#include "report/report.hpp"

namespace lorahub::report {
namespace {

std::string script(const Summary& summary, const std::string& output) {
  const size_t n = summary.conditions.size();
  std::string text = base::format(
      "set terminal svg noenhanced size 720,{} font 'sans-serif,13' background '#ffffff'\nset "
      "output '{}'\n"
      "set xrange [0:100]\nset yrange [{}:0.5]\nset xlabel 'accuracy, % (mean over {} tasks, 95 % "
      "interval)'\n"
      "set title '{}'\nset border 1\nset ytics nomirror scale 0\nset xtics nomirror\nset grid "
      "xtics lc rgb '#dddddd'\n"
      "set ytics (",
      90 + 34 * n, output, static_cast<double>(n) + 0.5, summary.tasks.size(), summary.study);
  for (size_t i = 0; i < n; ++i)
    text += base::format("{}'{}' {}", i == 0 ? "" : ", ", summary.conditions[i].name, i + 1);
  text +=
      ")\nset key off\nplot '-' using 1:4:2:3 with xerrorbars pt 7 ps 0.8 lw 2 lc rgb '#0072b2', "
      "'-' using 1:2:3 with labels offset 0,0.8 font ',11'\n";
  for (size_t i = 0; i < n; ++i) {
    const Interval& p = summary.conditions[i].pooled;
    text += base::format("{} {} {} {}\n", p.value, p.low, p.high, i + 1);
  }
  text += "e\n";
  for (size_t i = 0; i < n; ++i)
    text += base::format("{0} {1} {0:.1f}\n", summary.conditions[i].pooled.value, i + 1);
  return text + "e\n";
}

}  // namespace

void write_figure(const Summary& summary, const std::filesystem::path& file) {
  const std::string temporary = file.string() + ".tmp";
  const std::string commands = file.string() + ".gp";
  base::write_file(commands, script(summary, temporary));
  const int failed = std::system(base::format("gnuplot '{}'", commands).c_str());
  std::filesystem::remove(commands);
  base::check(failed == 0, "gnuplot failed (it draws the figure {}), install gnuplot-nox",
              file.string());
  base::sync_and_rename(temporary, file);
}

}  // namespace lorahub::report
