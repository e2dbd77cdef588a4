#include "cli/command_facts.hpp"

#include <CLI/App.hpp>
#include <algorithm>

#include "base/text.hpp"

namespace lorahub::cli {
namespace {

constexpr std::string_view kExample = "Example: ";

const auto all_of = [](const CLI::App*) { return true; };

// "TEXT:{cpu,cuda}" is TEXT with two words, "INT:INT in [1 - 9]" is INT.
std::vector<std::string> listed_words(const std::string& type) {
  const size_t begin = type.find('{'), end = type.rfind('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  return base::split(type.substr(begin + 1, end - begin - 1), ',');
}

Completes completes(const OptionFacts& facts, const CLI::App& command) {
  if (facts.value.empty()) return Completes::nothing;
  if (!facts.words.empty()) return Completes::words;
  const std::string& name = facts.names.front();
  if (facts.meaning.starts_with("KEY=VALUE") && command.get_name() != "train")
    return Completes::settings;
  if (name == "NAME" && command.get_name() == "knobs") return Completes::knobs;
  return facts.value == "TEXT" ? Completes::files : Completes::nothing;
}

OptionFacts facts_of(const CLI::Option& option, const CLI::App& command) {
  OptionFacts facts{.meaning = option.get_description(),
                    .usual = option.get_default_str(),
                    .is_required = option.get_required(),
                    .repeats = option.get_items_expected_max() > 1};
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  if (facts.names.empty()) facts.names.push_back(option.get_name(true));
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();
    facts.value = type.substr(0, type.find(':'));
    facts.words = listed_words(type);
  }
  facts.completes = completes(facts, command);
  return facts;
}

// A group of options has its command's --help once more.
void add_options(const CLI::App& command, CommandFacts& facts) {
  for (const CLI::Option* option : command.get_options()) {
    auto& known = option->nonpositional() ? facts.options : facts.positionals;
    OptionFacts found = facts_of(*option, command);
    if (std::ranges::find(known, found.names, &OptionFacts::names) == known.end())
      known.push_back(std::move(found));
  }
}

CommandFacts facts_below(const CLI::App& command, std::vector<std::string> path) {
  path.push_back(command.get_name());
  CommandFacts facts{.path = path, .meaning = command.get_description()};
  if (const std::string& footer = command.get_footer(); footer.starts_with(kExample))
    facts.example = footer.substr(kExample.size());
  add_options(command, facts);
  for (const CLI::App* below : command.get_subcommands(all_of)) {
    if (below->get_name().empty())
      add_options(*below, facts);  // a group of options
    else
      facts.commands.push_back(facts_below(*below, path));
  }
  return facts;
}

}  // namespace

std::string CommandFacts::called(const std::string& between) const {
  return base::join(path, between);
}

void show_defaults(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    option->capture_default_str();
    // What an option is where it is not given: nothing, or what its meaning says about 0.
    const std::string usual = option->get_default_str();
    if (usual == "0" || usual == "[]" || usual == "{}") option->default_str("");
  }
  for (CLI::App* below : app.get_subcommands([](CLI::App*) { return true; })) show_defaults(*below);
}

CommandFacts command_facts(const CLI::App& app) { return facts_below(app, {}); }

}  // namespace lorahub::cli
