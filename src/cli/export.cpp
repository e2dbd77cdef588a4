#include <CLI/App.hpp>
#include <memory>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/outputs.hpp"
#include "store/crate.hpp"
#include "store/csv.hpp"
#include "store/paths.hpp"
#include "store/result_files.hpp"

namespace lorahub::cli {
namespace {

struct ExportOptions {
  std::string folder, out, license;
  bool csv = false, crate = false;
  lora::Force force = lora::Force::no;
};

// A folder of CSV files is ours when its list of columns is.
void check_csv_folder(const std::filesystem::path& folder, lora::Force force) {
  const auto type = lora::own_type(folder);
  base::check_writable(folder / store::kColumnsCsv);
  if (type == std::filesystem::file_type::not_found || force == lora::Force::yes) return;
  base::check(type == std::filesystem::file_type::directory, "{}: is no folder, choose another one",
              folder.string());
  if (std::filesystem::is_empty(folder)) return;
  base::check(std::filesystem::exists(folder / store::kColumnsCsv),
              "{}: holds {}, which no export wrote (it could be lost), choose another folder or "
              "give --force",
              folder.string(),
              std::filesystem::directory_iterator(folder)->path().filename().string());
  check_replaceable(folder / store::kColumnsCsv, {"table,column,units,meaning"}, force);
}

int export_command(const ExportOptions& options) {
  const std::filesystem::path folder = options.folder;
  const std::vector<std::filesystem::path> files = store::result_files(folder);
  const std::filesystem::path out =
      options.out.empty() ? store::csv_folder(folder) : std::filesystem::path(options.out);
  const auto crate = store::crate_file(folder);
  if (options.crate)
    check_replaceable(crate, {"https://w3id.org/ro/crate", "#lorahub"}, options.force);
  for (const auto& file : files)
    if (options.csv) check_csv_folder(files.size() == 1 ? out : out / file.stem(), options.force);
  for (const auto& file : files) {
    if (!options.csv) break;
    const auto place = files.size() == 1 ? out : out / file.stem();  // a folder a shard
    for (const std::string& name : store::export_csv(file, place))
      fmt::print("{}\n", base::printable_line((place / name).string()));
  }
  if (options.crate) {
    base::write_file(store::crate_file(folder),
                     store::crate_metadata(folder, files, options.license));
    fmt::print("{}\n", base::printable_line((store::crate_file(folder)).string()));
  }
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("export", "results for other tools: CSV tables, RO-Crate");
  command->footer("Example: lorahub export results/quickstart --csv");
  const auto options = std::make_shared<ExportOptions>();
  command->add_option("DIR", options->folder, "results folder")->required();
  auto* what = command->add_option_group("what", "at least one");
  what->add_flag("--csv", options->csv, "one CSV file a table");
  what->add_flag("--ro-crate", options->crate,
                 "ro-crate-metadata.json in DIR: RO-Crate 1.1 of its files");
  what->require_option(1, 2);
  command->add_option("--out", options->out, "folder of the CSV files (default: DIR/csv)");
  command->add_option("--license", options->license, "URL of the results' licence, for RO-Crate");
  add_force(*command, options->force);
  command->callback(
      [options, &action] { action = [options] { return export_command(*options); }; });
}

}  // namespace lorahub::cli
