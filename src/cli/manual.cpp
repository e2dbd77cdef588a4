#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

#include "base/check.hpp"
#include "base/files.hpp"
#include "cli/command_facts.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/man_page.hpp"
#include "plan/environment.hpp"
#include "study/knobs.hpp"

namespace lorahub::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> knob_names() {
  std::vector<std::string> names;
  for (const study::Knob& knob : study::knobs()) names.emplace_back(knob.name);
  return names;
}

using CompletionWriter = std::string (*)(const CommandFacts&, const std::vector<std::string>&);

struct Shell {
  const char* name;
  CompletionWriter write;
  const char* place;  // where its completions lie, below share/
};
constexpr Shell kShells[] = {{"bash", bash_completion, "bash-completion/completions/lorahub"},
                             {"zsh", zsh_completion, "zsh/site-functions/_lorahub"},
                             {"fish", fish_completion, "fish/vendor_completions.d/lorahub.fish"}};

int complete(const CommandFacts& program, const std::string& shell) {
  const auto* const found = std::ranges::find(kShells, shell, &Shell::name);
  fmt::print("{}", found->write(program, knob_names()));
  return 0;
}

std::string version() { return plan::environment().at("version"); }

// Writes the page of the command and of those below it.
void write_pages(const CommandFacts& command, const fs::path& folder) {
  base::write_file(folder / (command.called("-") + ".1"), man_page(command, version()));
  for (const CommandFacts& below : command.commands) write_pages(below, folder);
}

// What `cmake --install` puts below share/.
int write_share(const CommandFacts& program, const fs::path& folder) {
  write_pages(program, folder / "man" / "man1");
  for (const Shell& shell : kShells)
    base::write_file(folder / shell.place, shell.write(program, knob_names()));
  return 0;
}

const CommandFacts& find(const CommandFacts& program, const std::vector<std::string>& words) {
  const CommandFacts* command = &program;
  for (const std::string& word : words) {
    const auto below = std::ranges::find(command->commands, word,
                                         [](const CommandFacts& c) { return c.path.back(); });
    base::check(below != command->commands.end(), "{} has no command '{}', see {} --help",
                command->called(), word, command->called());
    command = &*below;
  }
  return *command;
}

struct ManualOptions {
  std::string shell, folder;
  std::vector<std::string> command;
};

int manual(const CommandFacts& program, const ManualOptions& options) {
  if (!options.folder.empty()) return write_share(program, options.folder);
  fmt::print("{}", man_page(find(program, options.command), version()));
  return 0;
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "completion", "print the script by which a shell completes this program's command lines");
  command->footer("Example: source <(lorahub completion bash)");
  const auto options = std::make_shared<ManualOptions>();
  std::vector<std::string> names;
  for (const Shell& shell : kShells) names.emplace_back(shell.name);
  command->add_option("SHELL", options->shell, "the shell that is to complete")
      ->required()
      ->check(CLI::IsMember(names));
  command->callback([options, &app, &action] {
    action = [options, &app] { return complete(command_facts(app), options->shell); };
  });
}

void add_manual(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("manual", "print the manual page of a command");
  command->footer("Example: lorahub manual hub add > page.1 && man ./page.1");
  const auto options = std::make_shared<ManualOptions>();
  command->add_option("COMMAND", options->command, "a command's words (default: the program)");
  command->add_option("--share", options->folder,
                      "write all pages and completions into this folder, as an installation has "
                      "them in share/");
  command->callback([options, &app, &action] {
    action = [options, &app] { return manual(command_facts(app), *options); };
  });
}

}  // namespace lorahub::cli
