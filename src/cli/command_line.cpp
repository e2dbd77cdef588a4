#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>  // here alone: a file that includes it compiles the whole parser once more
#include <set>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "cli/command_facts.hpp"
#include "cli/commands.hpp"
#include "cli/usage.hpp"
#include "plan/environment.hpp"
#include "workers/session.hpp"

namespace lorahub::cli {
namespace {

const std::set<std::string> kOfManyRanks{"run", "adapt", "train",
                                         "lab", "serve", "doctor"};  // they open a session

std::string versions() {
  const auto environment = plan::environment();
  std::string text =
      base::format("lorahub {} (commit {})", environment.at("version"), environment.at("commit"));
  for (const char* library : {"compiler", "libtorch", "mpi", "hdf5"})
    text += base::format("\n{:<9} {}", library, environment.at(library));
  return text;
}

}  // namespace

int run_command_line(int argc, char** argv, ErrorForm& errors) {
  base::ignore_file_size_signal();
  CLI::App app(
      "lorahub: adapts a frozen language model to unseen tasks by searching LoRA mixing weights "
      "(arXiv 2307.13269)",
      "lorahub");
  app.set_version_flag("--version", versions);
  app.require_subcommand(1);
  app.footer("Example: lorahub run experiments/quickstart.yaml");
  Action action;
  for (const auto add :
       {add_run,   add_plan,  add_submit, add_status, add_merge,      add_report,  add_export,
        add_knobs, add_check, add_score,  add_infer,  add_adapt,      add_compose, add_hub,
        add_probe, add_train, add_lab,    add_bench,  add_completion, add_manual,  add_doctor})
    add(app, action);
#ifdef LORAHUB_SERVE
  add_serve(app, action);
#endif
  show_defaults(app);
  errors = error_form(app, argc, argv);
  if (argc < 2) {
    fmt::print(stderr, "{}", app.help());
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    base::fail("{}", usage_error(app, error));
  }
  check_values(app);
  const std::string command = app.get_subcommands().front()->get_name();
  if (!kOfManyRanks.contains(command)) workers::check_started_once(command);
  return action();
}

}  // namespace lorahub::cli
