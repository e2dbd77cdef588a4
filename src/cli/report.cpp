#include "report/report.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/check.hpp"
#include "base/files.hpp"
#include "cli/commands.hpp"
#include "cli/outputs.hpp"
#include "store/paths.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  std::vector<std::string> folders;
  std::string out;
  lora::Force force = lora::Force::no;
};

// A heading of every report.
constexpr std::string_view kHowToRead = "How to read the numbers";

void write_page(const Options& options, const report::Report& made) {
  check_replaceable(options.out, {"<!DOCTYPE html>", "<section id=\"section-1\">", kHowToRead},
                    options.force);
  base::write_file(options.out, report::html(made));
}

void write_pages(const Options& options, const report::Report& made) {
  const report::Markdown pages = report::markdown(made);
  const auto folder = std::filesystem::path(options.out).parent_path();
  check_replaceable(options.out, {"# Report: ", kHowToRead}, options.force);
  for (const auto& [name, svg] : pages.files)
    check_replaceable(folder / name, kFigureMarks, options.force);
  for (const auto& [name, svg] : pages.files) base::write_file(folder / name, svg);
  base::write_file(options.out, pages.text);
}

// The result files of a folder: one, or one a shard.
report::Summary summary(const std::filesystem::path& folder) {
  const std::vector<std::filesystem::path> files = find_files(folder, store::kResultExtension);
  base::check(!files.empty(),
              "{} holds no .h5 file (nothing has been run into it), run the study first",
              folder.string());
  std::vector<store::ResultFindings> shards;
  for (const auto& file : files) shards.push_back(store::read_findings(file));
  return report::summarise(std::move(shards));
}

int report_command(const Options& options) {
  base::check(options.out.empty() || options.out.ends_with(".md") || options.out.ends_with(".html"),
              "--out {}: reports are HTML or Markdown, name the file x.html or x.md", options.out);
  std::vector<report::Summary> studies;
  for (const std::string& folder : options.folders) studies.push_back(summary(folder));
  if (options.out.empty()) {
    fmt::print("{}", report::brief(studies));
    return 0;
  }
  const report::Report made = report::make_report(studies);
  (options.out.ends_with(".html") ? write_page : write_pages)(options, made);
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("report", "tables, figures and statistics from result files");
  command->footer("Example: lorahub report results/quickstart --out quickstart.html");
  const auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folders, "results folders")->required();
  command->add_option("--out", options->out,
                      "FILE.html, all in one, or FILE.md with its figures beside it (default: "
                      "print the tables)");
  add_force(*command, options->force);
  command->callback(
      [options, &action] { action = [options] { return report_command(*options); }; });
}

}  // namespace lorahub::cli
