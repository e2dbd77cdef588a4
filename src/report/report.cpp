#include "report/report.hpp"

#include <map>

#include "base/text.hpp"
#include "report/sections.hpp"

namespace lorahub::report {
namespace {

Section how_to_read() {
  Section section{.title = "How to read the numbers"};
  section.blocks.emplace_back(List{
      .title = "Conventions",
      .items = {
          "Comparisons are paired: same task, same shots, same modules. Tasks weigh the same.",
          "Intervals are 95 % percentiles of a bootstrap with 10,000 replicates (probabilities and "
          "profiles: 2,000), seeded, which resamples draws within tasks, each crossed factor "
          "(modules, shots, search seeds) for itself. They speak of new draws for these tasks, not "
          "of new tasks. With three draws or so they are coarse and too narrow.",
          "\"Whole draws\" resamples draws of modules for all tasks at once, since tasks share "
          "them: a draw that is good for one task may be good for many.",
          "Wilcoxon's signed-rank test takes tasks as its sample (exact up to 50 tasks), Holm "
          "corrects for the comparisons of one table. With n tasks no p can be below 2 / 2^n.",
          "P(improvement): share of paired trials in which the first is more accurate, ties half.",
          "A difference is called better or worse when its interval leaves out zero, under whole "
          "draws too where there are several; otherwise no difference can be shown, which is not "
          "the same as no difference.",
          "No number is a maximum over seeds.",
          "Budgets: evaluations (candidates), rounds (sequential steps), example-forwards "
          "(candidate × example), tokens. Seconds are wall clock on the machine of the run."}});
  return section;
}

std::string title(const std::vector<Summary>& studies) {
  std::vector<std::string> names;
  for (const Summary& s : studies) names.push_back(s.study);
  return "Report: " + base::join(names, ", ");
}

// Names of files and anchors come from the studies' names.
std::vector<Summary> told_apart(std::vector<Summary> studies) {
  std::map<std::string, int> seen;
  for (Summary& s : studies)
    if (const int times = ++seen[s.study]; times > 1) s.study += base::format(" ({})", times);
  return studies;
}

}  // namespace

Report make_report(const std::vector<Summary>& given) {
  const std::vector<Summary> studies = told_apart(given);
  Report report{.title = title(studies)};
  for (const Summary& s : studies) {
    report.sections.push_back(overview(s));
    if (!s.conditions.empty()) report.sections.back().blocks.emplace_back(accuracy_figure(s));
  }
  const auto add = [&](std::optional<Section> section) {
    if (section) report.sections.push_back(std::move(*section));
  };
  for (const Summary& s : studies) add(generalisation(s));
  for (const Summary& s : studies) add(searching(s));
  for (const Summary& s : studies) add(efficiency(s));
  for (const Summary& s : studies) add(sweep(s, "modules"));
  for (const Summary& s : studies) add(sweep(s, "rank"));
  for (const Summary& s : studies) add(sweep(s, "shots"));
  report.sections.push_back(how_to_read());
  return report;
}

std::string brief(const std::vector<Summary>& studies) {
  Report report;
  for (const Summary& s : studies) report.sections.push_back(overview(s));
  return plain_markdown(report);
}

}  // namespace lorahub::report
