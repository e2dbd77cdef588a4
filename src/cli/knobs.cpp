#include "study/knobs.hpp"

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"

namespace lorahub::cli {

void add_knobs(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "knobs", "every knob of a study: what it takes, its unit, its default, what it means");
  command->footer("Example: lorahub knobs");
  command->callback([&action] {
    action = [] {
      fmt::print("{}", study::knob_table());
      return 0;
    };
  });
}

}  // namespace lorahub::cli
