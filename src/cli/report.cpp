#include "report/report.hpp"

#include <CLI/App.hpp>
#include <map>
#include <memory>
#include <optional>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/progress.hpp"
#include "cli/commands.hpp"
#include "cli/outputs.hpp"
#include "report/figures/trial_course.hpp"
#include "store/result_files.hpp"

namespace lorahub::cli {
namespace {

struct ReportOptions {
  std::vector<std::string> folders;
  std::string out, trial;
  lora::Force force = lora::Force::no;
  bool quiet = false;
};

// What an earlier report holds, which a new one may replace: of a study, or of a trial.
std::string_view mark(const ReportOptions& options) {
  return options.trial.empty() ? "How to read the numbers" : "What it came to";
}

bool is_page(const ReportOptions& options) { return options.out.ends_with(".html"); }

void check_out(const ReportOptions& options) {
  if (options.out.empty()) return;
  base::check(is_page(options) || options.out.ends_with(".md"),
              "--out {}: reports are HTML or Markdown, name the file x.html or x.md", options.out);
  const Marks page{"<!DOCTYPE html>", "<section id=\"section-1\">", mark(options)};
  const Marks markdown{options.trial.empty() ? "# Report: " : "# Trial ", mark(options)};
  check_replaceable(options.out, is_page(options) ? page : markdown, options.force);
}

void write_markdown(const ReportOptions& options, const report::Report& made) {
  const report::Markdown pages = report::markdown(made);
  const auto folder = std::filesystem::path(options.out).parent_path();
  for (const auto& [name, svg] : pages.files)
    check_replaceable(folder / name, kFigureMarks, options.force);
  for (const auto& [name, svg] : pages.files) base::write_file(folder / name, svg);
  base::write_file(options.out, pages.text);
}

report::Report report_of_trial(const ReportOptions& options) {
  std::vector<store::Finding> trials;
  std::map<std::string, std::filesystem::path> file_of;  // by id, where the trial is done
  for (const std::string& folder : options.folders)
    for (const auto& file : store::result_files(folder))
      for (store::Finding& trial : store::read_findings(file).trials) {
        if (trial.row.status == "done") file_of.emplace(trial.row.id, file);
        trials.push_back(std::move(trial));
      }
  const store::Finding& trial = report::find_trial(trials, options.trial);
  const store::TraceArrays trace = store::read_trace_of(file_of.at(trial.row.id), trial.row.id);
  return report::trial_report(trial, trace.state);
}

int show(const ReportOptions& options, const report::Report& made) {
  if (options.out.empty())
    fmt::print("{}", report::plain_markdown(made));
  else if (is_page(options))
    base::write_file(options.out, report::html(made));
  else
    write_markdown(options, made);
  return 0;
}

int report_command(const ReportOptions& options) {
  check_out(options);
  if (!options.trial.empty()) return show(options, report_of_trial(options));
  std::optional<base::Progress> bar(std::in_place, options.quiet, base::FirstLine::after_a_while);
  const auto progress = [&bar](double done, const std::string& part) { bar->show(done, part); };
  std::vector<report::Summary> studies;
  for (const std::string& folder : options.folders) {
    bar->show(0, "reading " + folder);
    studies.push_back(report::summary_of(folder));
  }
  if (options.out.empty()) {
    const std::string text = report::brief(studies, progress);
    bar.reset();
    fmt::print("{}", text);
    return 0;
  }
  const report::Report made = report::make_report(studies, progress);
  bar.reset();
  return show(options, made);
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("report", "tables, figures and statistics from result files");
  command->footer("Example: lorahub report results/quickstart --out quickstart.html");
  const auto options = std::make_shared<ReportOptions>();
  command->add_option("DIR", options->folders, "results folders")->required();
  command->add_option("--out", options->out,
                      "FILE.html, all in one, or FILE.md with its figures beside it (default: "
                      "print the tables)");
  command->add_option("--trial", options->trial,
                      "id of one trial, or its beginning: the course of its search instead");
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  add_force(*command, options->force);
  command->callback(
      [options, &action] { action = [options] { return report_command(*options); }; });
}

}  // namespace lorahub::cli
