#include "report/report.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/check.hpp"
#include "base/files.hpp"
#include "cli/commands.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  std::vector<std::string> folders;
  std::string out;
};

// The result files of a folder: one, or one a shard.
report::Summary summary(const std::filesystem::path& folder) {
  const std::vector<std::filesystem::path> files = find_files(folder, ".h5");
  base::check(!files.empty(),
              "{} holds no .h5 file (nothing has been run into it), run the study first",
              folder.string());
  std::vector<store::Results> shards;
  for (const auto& file : files) shards.push_back(store::read_hdf5(file));
  return report::summarise(shards);
}

int report_command(const Options& options) {
  base::check(options.out.empty() || options.out.ends_with(".md"),
              "--out {}: reports are Markdown, name the file x.md", options.out);
  std::string text;
  for (const std::string& folder : options.folders) {
    const report::Summary study = summary(folder);
    text += report::markdown(study) + "\n";
    if (options.out.empty() || study.conditions.empty()) continue;
    const auto figure = std::filesystem::path(options.out).parent_path() / (study.study + ".svg");
    report::write_figure(study, figure);
    text += base::format("![accuracy by method]({})\n\n", figure.filename().string());
  }
  if (options.out.empty())
    fmt::print("{}", text);
  else
    base::write_file(options.out, text);
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("report", "tables, figure and statistics from result files");
  command->footer("Example: lorahub report results/quickstart --out quickstart.md");
  const auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folders, "results folders")->required();
  command->add_option("--out", options->out,
                      "FILE.md, with a figure beside it (default: print the tables)");
  command->callback(
      [options, &action] { action = [options] { return report_command(*options); }; });
}

}  // namespace lorahub::cli
