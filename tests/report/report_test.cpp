#include "report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>

#include "base/random.hpp"
#include "base/text.hpp"
#include "report/made.hpp"
#include "report/sections/sections.hpp"
#include "report/table.hpp"

namespace lorahub::report {
namespace {

using testing::HasSubstr;
using testing::Not;

// A study that every section can say something about: 2 tasks, 2 seeds, searches, two numbers of
// modules, two of shots.
class Made {
 public:
  Summary summary() {
    for (const char* task : {"a_task", "b<&task"}) {
      add("zero_shot", task, 5, {});
      for (int seed = 1; seed <= 2; ++seed)
        for (const char* shots : {"5", "10"}) {
          Knobs knobs = seeds(seed);
          knobs["shots"] = shots;
          add("icl", task, 50, {{"shots", shots}, {"seed.shots", knobs["seed.shots"]}});
          for (const char* modules : {"5", "20"}) {
            knobs["modules"] = modules;
            add("best_single", task, 30, knobs);
            search("random_lora", task, 6, knobs);
            for (const char* method : {"official", "cma"}) {
              knobs["search.method"] = method;
              search("lorahub", task, 60, knobs);
            }
            knobs.erase("search.method");
          }
        }
    }
    return summary_of(trials_);
  }

 private:
  store::Finding& add(const std::string& method, const std::string& task, double accuracy,
                      const Knobs& knobs) {
    store::Finding f = finding(method, task, 0, knobs);
    for (int row = 0; row < 40; ++row) {
      f.test_rows.push_back(row);
      f.hits.push_back(100 * random_.uniform() < accuracy ? 1 : 0);
    }
    f.row.test_rows = 40;
    f.row.accuracy = 2.5 * std::count(f.hits.begin(), f.hits.end(), 1);
    f.row.counts = {.answer_tokens = method == "icl" ? 4000 : 600};
    trials_.push_back(std::move(f));
    return trials_.back();
  }
  void search(const std::string& method, const std::string& task, double accuracy, Knobs knobs) {
    knobs["composition"] = "factor";
    store::Finding& f = add(method, task, accuracy, knobs);
    for (int i = 0; i < 40; ++i) {
      f.generations.push_back(i / 10);
      f.losses.push_back(2 * random_.uniform());
    }
    f.row.counts.evaluations = 40;
    f.row.counts.rounds = 4;
    f.row.counts.example_forwards = 200;
    f.row.counts.search_tokens = 7000;
    for (const char* module : {"one", "two", "three"})
      f.weights.emplace_back(module, random_.uniform() - 0.3);
  }

  base::Stream random_{1, "made"};
  std::vector<store::Finding> trials_;
};

std::vector<Figure> figures(const Report& report) {
  std::vector<Figure> all;
  for (const Section& section : report.sections)
    for (const DocumentBlock& block : section.blocks)
      if (const auto* figure = std::get_if<Figure>(&block)) all.push_back(*figure);
  return all;
}

TEST(Table, PadsByCharactersNotBytes) {
  EXPECT_EQ(table({"x", "±"}, {{"long", "1 ± 2"}}),
            "| x    |     ± |\n"
            "| ---- | ----: |\n"
            "| long | 1 ± 2 |\n");
}

void expect_answers(const Report& made) {
  std::vector<std::string> titles;
  for (const Section& section : made.sections) {
    titles.push_back(section.title);
    if (!section.title.starts_with("RQ") && !section.title.starts_with("Fig")) continue;
    int answers = 0;
    for (const DocumentBlock& block : section.blocks)
      if (const auto* text = std::get_if<Text>(&block); text && text->role == Text::Role::answer) {
        ++answers;
        EXPECT_THAT(text->text, HasSubstr("[")) << "an answer without its interval";
      }
    EXPECT_EQ(answers, 1) << section.title;
  }
  for (const char* word : {"Study s", "RQ1 s", "RQ2 s", "RQ3 s", "RQ4 s", "Fig. 3 s"})
    EXPECT_TRUE(std::ranges::any_of(titles, [&](auto& t) { return t.starts_with(word); })) << word;
}

TEST(Report, AStudyOfOneMethodHasNoResearchQuestion) {
  const Report report = make_report({summary_of({finding("uniform", "a", 3)})});
  EXPECT_EQ(report.sections.size(), 2U);  // the study, how to read
}

// What a reader sees written in a figure.
std::set<std::string> written(const Figure& f) {
  std::set<std::string> texts;
  const std::regex text("<text>([^<]*)</text>");
  for (std::sregex_iterator it(f.svg.begin(), f.svg.end(), text), end; it != end; ++it)
    texts.insert((*it)[1].str());
  return texts;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  return out;
}

bool is_written(const std::set<std::string>& texts, const std::string& name) {
  return std::ranges::any_of(texts, [&](const std::string& text) {
    return text == escaped(name) || text.starts_with(escaped(name) + " (");
  });
}

// The figure shows its title, and names whatever its table names.
void expect_title_and_legend(const Figure& f) {
  const std::set<std::string> texts = written(f);
  std::smatch title;
  ASSERT_TRUE(std::regex_search(f.svg, title, std::regex("<title>([^<]*)</title>"))) << f.name;
  EXPECT_TRUE(texts.contains(title[1].str())) << f.name;
  const bool by_column = std::regex_search(f.name, std::regex("forest|loss|break-even|weights"));
  std::set<std::string> names;
  if (by_column) names.insert(f.table.head.begin() + 1, f.table.head.end());
  for (const Cells& row : f.table.rows)
    if (!by_column || f.name.ends_with("forest")) names.insert(row[0]);
  if (f.name.ends_with("weights")) names.erase("trials");  // a column of the table alone
  for (const std::string& name : names) EXPECT_TRUE(is_written(texts, name)) << f.name << name;
}

// Every axis has a unit, or names on it: what is no number, title, task or module is its label.
void expect_units(const Figure& f) {
  static const std::regex number("\\s*-?[0-9.,]*\\s*[kM]?|nan"), bracketed("\\([0-9]+\\)");
  static const std::regex unit(
      "%|points|, nat|, 1$|tokens|queries|evaluations|rounds|forwards|modules in|shots");
  const std::set<std::string> of_names{"task", "module", "first", "second, by its number"};
  int labels = 0;
  for (const std::string& text : written(f)) {
    if (std::regex_match(text, number) || std::regex_match(text, bracketed)) continue;
    if (f.svg.find("<title>" + text + "</title>") != std::string::npos) continue;
    const auto is_name = [&](const std::string& name) { return is_written({text}, name); };
    if (std::ranges::any_of(f.table.head, is_name) || text == "pooled" ||
        std::ranges::any_of(f.table.rows, [&](const Cells& row) { return is_name(row[0]); }))
      continue;
    EXPECT_TRUE(std::regex_search(text, unit) || of_names.contains(text)) << f.name << ": " << text;
    labels += std::regex_search(text, unit) ? 1 : 0;
  }
  EXPECT_GT(labels, 0) << f.name;
}

void expect_figures(const Report& made) {
  std::set<std::string> names;
  for (const Figure& f : figures(made)) {
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    EXPECT_FALSE(f.caption.empty()) << f.name;
    expect_title_and_legend(f);
    expect_units(f);
    EXPECT_GT(f.table.rows.size(), 0U) << f.name;
    for (const Cells& row : f.table.rows) EXPECT_EQ(row.size(), f.table.head.size()) << f.name;
  }
  for (const char* name :
       {"s", "s-forest", "s-profiles", "s-loss-evaluations", "s-loss-rounds", "s-loss-forwards",
        "s-targets-evaluations", "s-targets-rounds", "s-improvement", "s-tokens-query",
        "s-tokens-total", "s-break-even", "s-modules", "s-modules-spread", "s-shots", "s-weights"})
    EXPECT_TRUE(names.contains(name)) << name;
}

void expect_nothing_outside(const std::string& page) {
  const std::regex reference(
      "(?:src|href|action|data|poster)\\s*=\\s*[\"']([^\"']*)[\"']|url\\(([^)]*)\\)|@import");
  int inside = 0;
  for (std::sregex_iterator it(page.begin(), page.end(), reference), end; it != end; ++it) {
    const std::string target = (*it)[1].str() + (*it)[2].str();
    EXPECT_TRUE(target.starts_with("#")) << it->str();
    ++inside;
  }
  EXPECT_GT(inside, 10);
  for (const char* word : {"<script", "<link", "<img", "<iframe", "<!DOCTYPE svg", "<?xml"})
    EXPECT_THAT(page, Not(HasSubstr(word)));
}

void expect_anchors(const std::string& page) {
  std::set<std::string> ids;
  const std::regex id("\\bid=[\"']([^\"']*)[\"']"), anchor("href=[\"']#([^\"']*)[\"']");
  for (std::sregex_iterator it(page.begin(), page.end(), id), end; it != end; ++it)
    EXPECT_TRUE(ids.insert((*it)[1].str()).second) << it->str();
  for (std::sregex_iterator it(page.begin(), page.end(), anchor), end; it != end; ++it)
    EXPECT_TRUE(ids.contains((*it)[1].str())) << it->str();
}

void expect_escaped(const std::string& page) {
  EXPECT_THAT(page, HasSubstr("b&lt;&amp;task"));
  EXPECT_THAT(page, Not(HasSubstr("b<")));
}

void expect_same(const Report& made, const std::string& page) {
  const Markdown pages = markdown(made);
  EXPECT_EQ(pages.files.size(), figures(made).size());
  for (const Section& section : made.sections)
    for (const DocumentBlock& block : section.blocks)
      if (const auto* text = std::get_if<Text>(&block); text && text->role == Text::Role::answer) {
        EXPECT_THAT(pages.text, HasSubstr(text->text));
        EXPECT_THAT(page, HasSubstr(text->text));
      }
  for (const auto& [file, svg] : pages.files) EXPECT_THAT(pages.text, HasSubstr("](" + file + ")"));
}

// One test, since the report is made once.
TEST(Report, OfAWholeStudy) {
  Made study;
  const Report made = make_report({study.summary()});
  const std::string page = html(made);
  expect_answers(made);
  expect_figures(made);
  expect_nothing_outside(page);
  expect_anchors(page);
  expect_escaped(page);
  expect_same(made, page);
}

// Each part is named before it is made, so that a person sees how far a long report is.
TEST(Report, SaysHowFarItIs) {
  const std::vector<Summary> studies{summary_of({finding("uniform", "a", 3)})};
  for (const bool whole : {true, false}) {
    std::vector<double> done;
    std::vector<std::string> parts;
    const ReportProgress note = [&](double share, const std::string& part) {
      done.push_back(share);
      parts.push_back(part);
    };
    whole ? void(make_report(studies, note)) : void(brief(studies, note));
    ASSERT_GT(done.size(), 6U);
    EXPECT_EQ(done.front(), 0);
    EXPECT_TRUE(std::ranges::is_sorted(done));
    EXPECT_NEAR(done.back(), 1 - 1 / static_cast<double>(done.size()), 1e-12);
    EXPECT_THAT(parts, ::testing::Contains(studies[0].study + ": overview"));
    EXPECT_THAT(parts, ::testing::Contains(studies[0].study + ": RQ2"));
  }
}

TEST(Report, StudiesOfOneNameKeepTheirFiguresApart) {
  const Summary one = summary_of({finding("uniform", "a", 3)});
  const Report report = make_report({one, one});
  std::set<std::string> names;
  for (const Figure& f : figures(report)) EXPECT_TRUE(names.insert(f.name).second) << f.name;
  EXPECT_EQ(names.size(), 2U);
}

TEST(Report, SaysByItselfWhatIsNoise) {
  const std::string text = brief({summary_of({finding("zero_shot", "a", 50)})});
  EXPECT_THAT(text, HasSubstr("100 test rows (median)"));
  EXPECT_THAT(text, HasSubstr("up to 5.0 points"));
  EXPECT_THAT(text, HasSubstr("cannot say how far two searches of one problem differ"));
}

TEST(Report, NoiseFloorOfOtherSearchSeeds) {  // within: 10, 14 and 20, 24: sd 2.83
  std::vector<store::Finding> trials;
  for (int shots = 1; shots <= 2; ++shots)
    for (int search = 1; search <= 2; ++search) {
      Knobs knobs = seeds(shots);
      knobs["seed.search"] = std::to_string(search);
      trials.push_back(finding("lorahub", "a", 10 * shots + 4 * (search - 1), knobs));
    }
  const std::string text = brief({summary_of(trials)});
  EXPECT_THAT(text, HasSubstr("Noise floor"));
  EXPECT_THAT(text, HasSubstr("2.8 |"));
  EXPECT_THAT(text, HasSubstr("7.8 |"));  // 1.96 sqrt(2) sd
}

std::string generalises(std::vector<double> accuracies) {
  std::vector<store::Finding> trials{finding("zero_shot", "a", 50)};
  for (size_t i = 0; i < accuracies.size(); ++i)
    trials.push_back(finding("lorahub", "a", accuracies[i], seeds(static_cast<int>(i) + 1)));
  return generalisation_answer(summary_of(trials));
}

TEST(Answer, SaysWhatTheIntervalsAllow) {
  EXPECT_THAT(generalises({60, 70, 80}), HasSubstr("points better than zero_shot"));
  EXPECT_THAT(generalises({30, 20, 40}), HasSubstr("points worse than zero_shot"));
  EXPECT_THAT(generalises({45, 60, 52}), HasSubstr("not shown to differ"));
}

TEST(Answer, SaysWhatFewTasksCanShow) {
  EXPECT_THAT(generalises({60, 70}), HasSubstr("on 1 task (no test over tasks)"));
  std::vector<store::Finding> trials;
  for (const char* task : {"a", "b", "c", "d"}) {
    trials.push_back(finding("zero_shot", task, 10));
    trials.push_back(finding("lorahub", task, 30));
  }
  EXPECT_THAT(generalisation_answer(summary_of(trials)),
              HasSubstr("on 4 tasks (Wilcoxon over tasks, Holm: p = 0.12; 4 tasks cannot give less "
                        "than 0.12 without Holm's correction)"));
}

// lorahub gains 20 as generated and 5 by the likeliest option, each over its own base.
TEST(Answer, FormIsTheGainsApart) {
  std::vector<store::Finding> trials;
  const std::pair<const char*, std::array<double, 2>> cases[] = {{"generate", {10, 30}},
                                                                 {"options", {40, 45}}};
  for (const auto& [scoring, accuracies] : cases)
    for (const char* task : {"a", "b"}) {
      trials.push_back(finding("zero_shot", task, accuracies[0], {{"scoring", scoring}}));
      Knobs knobs = seeds(1);
      knobs["scoring"] = scoring;
      trials.push_back(finding("lorahub", task, accuracies[1], knobs));
    }
  const std::string text = markdown(make_report({summary_of(trials)})).text;
  EXPECT_THAT(text, testing::ContainsRegex(
                        "[|] *2 [|] *2 [|] *[+]20[.]0 [^|]*[|] *[+]5[.]0 [^|]*[|] *[+]15[.]0 "));
}

TEST(Answer, OfSeveralCompositionsCountsThemAndNamesBothEnds) {
  std::vector<store::Finding> trials;
  for (const char* task : {"a", "b"}) {
    trials.push_back(finding("zero_shot", task, 10));
    for (const char* budget : {"40", "400"})
      for (const int seed : {1, 2, 3}) {
        Knobs knobs = seeds(seed);
        knobs["search.budget"] = budget;
        trials.push_back(finding("lorahub", task, budget[2] ? 30 : 20, knobs));
      }
  }
  EXPECT_THAT(generalisation_answer(summary_of(trials)),
              HasSubstr("2 compositions against zero_shot: 2 better, 0 worse, 0 with no difference "
                        "that can be shown, from +10.0 (no spread) points (lorahub budget=40) "
                        "to +20.0 (no spread) (lorahub budget=400); Wilcoxon over tasks, Holm: p = "
                        "1.00 at best; 2 tasks cannot give less than 0.50 without Holm's "
                        "correction."));
}

TEST(Answer, OfOneDrawHasNoIntervalAndShowsNothing) {
  EXPECT_THAT(generalises({60}),
              HasSubstr("lorahub is in its one draw 10.0 points above zero_shot"));
  const std::string text =
      brief({summary_of({finding("zero_shot", "a", 46.5), finding("lorahub", "a", 60, seeds(1))})});
  EXPECT_THAT(text, HasSubstr("46.5 (one draw)"));
  EXPECT_THAT(text, Not(HasSubstr("[46.5")));
  EXPECT_THAT(text, HasSubstr(" 1 draw (the seeds of modules, shots and search move together)."));
}

TEST(Report, SaysWhatWasVariedWhereThereIsNoQuestion) {
  store::Finding first = finding("lorahub", "a", 10, {{"shots", "20"}});
  const store::Finding second = finding("lorahub", "a", 10, {{"shots", "5"}});
  const std::string text =
      brief({summarise({{.study = "s", .question = "", .trials = {first, second}}})});
  EXPECT_THAT(text, HasSubstr("What the study varies: shots (5, 20)."));
  EXPECT_THAT(text, Not(HasSubstr("> ")));
}

TEST(Report, HasEachFigureForAPhoneToo) {
  Made study;
  const Report made = make_report({study.summary()});
  for (const Figure& f : figures(made)) {
    EXPECT_THAT(f.svg, HasSubstr("width=\"720\"")) << f.name;
    EXPECT_THAT(f.narrow_svg, HasSubstr("width=\"366\"")) << f.name;
    EXPECT_THAT(f.narrow_svg, HasSubstr("<title>")) << "read out instead of the picture";
  }
  EXPECT_THAT(html(made), HasSubstr("@media(max-width:40rem)"));
}

TEST(Report, WorksWithNothingDone) {
  store::Finding missing = finding("lorahub", "a", std::nan(""));
  missing.row.status = "missing";
  EXPECT_THAT(html(make_report({summary_of({missing})})), HasSubstr("0 trials done, 1 not"));
}

}  // namespace
}  // namespace lorahub::report
