#include "study/knobs.hpp"

#include <CLI/App.hpp>
#include <memory>

#include "base/check.hpp"
#include "cli/commands.hpp"
#include "study/schema.hpp"

namespace lorahub::cli {
namespace {

struct KnobsOptions {
  std::string name;
  bool json_schema = false;
};

int knobs(const KnobsOptions& options) {
  base::check(options.name.empty() || !options.json_schema,
              "--json-schema is of all knobs and {} is one (which is asked for?), give one of them",
              options.name);
  fmt::print("{}", options.json_schema    ? study::json_schema()
                   : options.name.empty() ? study::knob_table()
                                          : study::knob_text(options.name));
  return 0;
}

}  // namespace

void add_knobs(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "knobs", "every knob of a study: what it takes, its unit, its default, who reads it");
  command->footer("Example: lorahub knobs search.budget");
  const auto options = std::make_shared<KnobsOptions>();
  command->add_option("NAME", options->name, "a knob, or a group of knobs such as search");
  command->add_flag("--json-schema", options->json_schema,
                    "the JSON schema of a study, with which editors complete and check it");
  command->callback([options, &action] { action = [options] { return knobs(*options); }; });
}

}  // namespace lorahub::cli
