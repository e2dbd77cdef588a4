// What the parser knows of every command, as plain data: completion scripts, manual pages and the
// help texts are made from it, so that none of them can tell another story.
#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lorahub::cli {

// What stands in the place of a value.
enum class Completes { nothing, files, words, knobs, settings };  // settings: KEY=VALUE of a knob

struct OptionFacts {
  std::vector<std::string> names;  // --out, -h; of a positional: STUDY
  std::string value;               // TEXT, INT, ...; "": a flag
  std::vector<std::string> words;  // the values that it takes, where they are listed
  std::string meaning, usual;      // usual: the default, "" where there is none to be told
  Completes completes = Completes::nothing;
  bool is_required = false, repeats = false;
};

struct CommandFacts {
  std::vector<std::string> path;  // lorahub, hub, list
  std::string meaning, example;
  std::vector<OptionFacts> options, positionals;
  std::vector<CommandFacts> commands;

  std::string called(const std::string& between = " ") const;  // "lorahub hub list"
};

// Has --help show the default of every option below `app` that has one to tell.
void show_defaults(CLI::App& app);

CommandFacts command_facts(const CLI::App& app);

}  // namespace lorahub::cli
