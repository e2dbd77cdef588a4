#include "report/report.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "report/conditions.hpp"
#include "report/sections/pairs.hpp"
#include "report/sections/sections.hpp"

namespace lorahub::report {
namespace {

Section how_to_read() {
  List list{.title = "Conventions"};
  const auto add = [&](const char* item) { list.items.emplace_back(item); };
  add("Comparisons are paired: same task, same shots, same modules. Tasks weigh the same.");
  add("Intervals are 95 % percentiles of a bootstrap with 10,000 replicates (profiles and the "
      "matrix of improvement: 2,000), seeded, which resamples draws within tasks, each crossed "
      "factor "
      "(modules, shots, search seeds) for itself. They speak of new draws for these tasks, not of "
      "new tasks. With three draws or so they are coarse and too narrow.");
  add("\"Whole draws\" resamples draws of modules for all tasks at once, since tasks share them: a "
      "draw that is good for one task may be good for many.");
  add("Wilcoxon's signed-rank test takes tasks as its sample (exact up to 50 tasks), Holm corrects "
      "for the comparisons of one table. With n tasks no p can be below 2 / 2^n.");
  add("P(improvement): share of paired trials in which the first is more accurate, ties half.");
  add("A difference is called better or worse when its interval leaves out zero, under whole draws "
      "too where there are several; otherwise no difference can be shown, which is not the same as "
      "no difference.");
  add("No number is a maximum over seeds.");
  add("Budgets: evaluations (candidates), rounds (sequential steps), example-forwards (candidate × "
      "example; a backward pass counts as two), tokens of forward passes (a backward pass adds "
      "none). Seconds are wall clock on the machine of the run.");
  return {.title = "How to read the numbers", .blocks = {list}};
}

std::string title(const std::vector<Summary>& studies) {
  std::vector<std::string> names;
  for (const Summary& s : studies) names.push_back(s.study);
  return "Report: " + base::join(names, ", ");
}

// Makes the names of studies unlike, since files and anchors are named by them: "a b" and "a-b"
// would share theirs.
std::vector<Summary> told_apart(std::vector<Summary> studies) {
  constexpr size_t kLongest = 80;  // bytes of a name that is made again
  std::set<std::string> seen;
  for (Summary& s : studies) {
    const std::string name = base::shortened(s.study, kLongest);
    for (int times = 2; !seen.insert(figure_name(s, "")).second; ++times)
      s.study = base::format("{} ({})", name, times);
  }
  return studies;
}

// Error where two figures have one name: "x-forest" may be a study, and a figure of the study "x".
void check_figures(const Report& report) {
  std::set<std::string> seen;
  for (const Section& section : report.sections)
    for (const DocumentBlock& block : section.blocks)
      if (const auto* figure = std::get_if<Figure>(&block))
        base::check(seen.insert(figure->name).second,
                    "two figures would be called {} (one would replace the other), report these "
                    "studies one by one",
                    figure->name);
}

// What a study may answer.
struct Topic {
  std::string name;  // with what it asks
  std::string axis;  // what a study that answers it varies: the beginning of a knob's name
  std::function<std::optional<Section>(const Summary&)> section;
  std::function<std::string(const Summary&)> answer;
};

Topic along(const std::string& name, const std::string& knob) {
  return {.name = name,
          .axis = knob,
          .section = [=](const Summary& s) { return sweep(s, knob); },
          .answer = [=](const Summary& s) { return sweep_answer(s, knob); }};
}

std::vector<Topic> topics() {
  return {{"RQ1 (research question 1: do compositions of modules generalise to unseen tasks?)",
           "method", generalisation, generalisation_answer},
          {"RQ2 (research question 2: which search finds the weights, in which budget?)", "search.",
           searching, searching_answer},
          {"RQ3 (research question 3: what does composing cost against examples in the prompt?)",
           "nothing", efficiency, efficiency_answer},
          along("RQ4 (research question 4: how many modules?)", "modules"),
          along("RQ4 (research question 4: modules of which rank?)", "rank"),
          along("Fig. 3 (the paper's figure of accuracy against examples: how many examples?)",
                "shots")};
}

// The answers of a study: by topic, and by what it varies where no topic has answered that.
class Answers {
 public:
  void add(const Topic& topic, const std::string& answer) {
    if (answer.empty()) return;
    texts_.push_back(topic.name + ": " + answer);
    answered_.push_back(topic.axis);
  }
  std::vector<std::string> all(const Summary& study) const {
    std::vector<std::string> texts = texts_;
    for (const VariedKnob& axis : varied_knobs(study)) {
      const bool told = std::ranges::any_of(answered_, [&](const std::string& beginning) {
        return axis.name.starts_with(beginning);
      });
      if (told) continue;
      if (std::string answer = pairs_answer(study, axis); !answer.empty())
        texts.push_back(std::move(answer));
    }
    return texts;
  }

 private:
  std::vector<std::string> texts_, answered_;
};

// Counts the parts of a report as they are begun.
class PartCounter {
 public:
  PartCounter(size_t count, const ReportProgress& progress)
      : count_(static_cast<double>(count)), progress_(progress) {}
  void begin(const std::string& part) {
    if (progress_) progress_(static_cast<double>(begun_++) / count_, part);
  }

 private:
  double count_;
  size_t begun_ = 0;
  const ReportProgress& progress_;
};

// "RQ2" of "RQ2 (research question 2: ...)", and of which study.
std::string part_name(const Summary& study, const Topic& topic) {
  return study.study + ": " + topic.name.substr(0, topic.name.find(" ("));
}

std::string answer_of(const Section& section) {
  for (const DocumentBlock& block : section.blocks)
    if (const auto* text = std::get_if<Text>(&block); text && text->role == Text::Role::answer)
      return text->text;
  return "";
}

}  // namespace

Report make_report(const std::vector<Summary>& given, const ReportProgress& progress) {
  const std::vector<Summary> studies = told_apart(given);
  PartCounter parts(studies.size() * (topics().size() + 2), progress);
  std::vector<Answers> answers(studies.size());
  std::vector<Section> found;
  for (const Topic& topic : topics())
    for (size_t i = 0; i < studies.size(); ++i) {
      parts.begin(part_name(studies[i], topic));
      if (std::optional<Section> section = topic.section(studies[i])) {
        answers[i].add(topic, answer_of(*section));
        found.push_back(std::move(*section));
      }
    }
  Report report{.title = title(studies)};
  for (size_t i = 0; i < studies.size(); ++i) {
    parts.begin(studies[i].study + ": overview");
    report.sections.push_back(overview(studies[i], answers[i].all(studies[i])));
    if (!studies[i].conditions.empty())
      report.sections.back().blocks.emplace_back(accuracy_figure(studies[i]));
    parts.begin(studies[i].study + ": pairs of methods");
    if (std::optional<Section> pairs = pairs_section(studies[i]))
      report.sections.push_back(std::move(*pairs));
  }
  std::ranges::move(found, std::back_inserter(report.sections));
  report.sections.push_back(how_to_read());
  check_figures(report);
  return report;
}

std::string brief(const std::vector<Summary>& studies, const ReportProgress& progress) {
  PartCounter parts(studies.size() * (topics().size() + 1), progress);
  Report report;
  for (const Summary& s : studies) {
    Answers answers;
    for (const Topic& topic : topics()) {
      parts.begin(part_name(s, topic));
      answers.add(topic, topic.answer(s));
    }
    parts.begin(s.study + ": overview");
    report.sections.push_back(overview(s, answers.all(s)));
  }
  return plain_markdown(report);
}

}  // namespace lorahub::report
