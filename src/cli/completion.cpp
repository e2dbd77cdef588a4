#include "cli/completion.hpp"

#include <map>

#include "base/replaced.hpp"
#include "base/text.hpp"

namespace lorahub::cli {
namespace {

using Words = std::vector<std::string>;

// A command and all below it, the program first.
void gather(const CommandFacts& command, std::vector<const CommandFacts*>& all) {
  all.push_back(&command);
  for (const CommandFacts& below : command.commands) gather(below, all);
}

std::vector<const CommandFacts*> all_commands(const CommandFacts& program) {
  std::vector<const CommandFacts*> all;
  gather(program, all);
  return all;
}

Words option_names(const CommandFacts& command) {
  Words names;
  for (const OptionFacts& option : command.options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

Words command_names(const CommandFacts& command) {
  Words names;
  for (const CommandFacts& below : command.commands) names.push_back(below.path.back());
  return names;
}

// "hub list": the words behind the program's name.
std::string words_of(const CommandFacts& command) {
  return base::join(Words(command.path.begin() + 1, command.path.end()), " ");
}

// ---- bash ----

// The shell line that completes one value. It sets both `files` and `words`, since what follows an
// option takes the place of what the command itself would get there.
std::string bash_action(const OptionFacts& option) {
  switch (option.completes) {
    case Completes::words:
      return "files='' words='" + base::join(option.words, " ") + "'";
    case Completes::knobs:
      return "files='' words=$knobs";
    case Completes::settings:
      return "files='' words=$settings; compopt -o nospace";
    case Completes::files:
      return "files=1 words=''";
    default:
      return "files='' words=''";
  }
}

std::string bash_values(const std::vector<const CommandFacts*>& all) {
  std::map<std::string, Words> patterns;  // by what is done
  for (const CommandFacts* command : all)
    for (const OptionFacts& option : command->options)
      for (const std::string& name : option.names)
        if (!option.value.empty())
          patterns[bash_action(option)].push_back("'" + words_of(*command) + ":" + name + "'");
  std::string text;
  for (const auto& [action, names] : patterns)
    text += base::format("    {})\n      {} ;;\n", base::join(names, " | "), action);
  return text;
}

std::string bash_places(const std::vector<const CommandFacts*>& all) {
  std::string text;
  for (const CommandFacts* command : all) {
    std::string action = "words='" + base::join(command_names(*command), " ") + "'";
    if (command->commands.empty())
      action = command->positionals.empty() ? ":" : bash_action(command->positionals.back());
    text += base::format("    '{}')\n      options='{}'\n      {} ;;\n", words_of(*command),
                         base::join(option_names(*command), " "), action);
  }
  return text;
}

Words settings_of(const Words& knobs) {
  Words words;
  for (const std::string& knob : knobs) words.push_back(knob + "=");
  return words;
}

constexpr std::string_view kBashBegin =
    R"(# Completion of lorahub for bash, written by `lorahub completion bash`.
_lorahub() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words='' options='' files='' i
)";
constexpr std::string_view kBashEnd = R"(  esac
  case $command:$previous in
@VALUES@    *)
      [[ $current != -* ]] || words=$options ;;
  esac
  COMPREPLY=()
  if [ -n "$files" ] && [[ $current != -* || -z $options ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  elif [ -n "$words" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -F _lorahub lorahub
)";

}  // namespace

std::string bash_completion(const CommandFacts& program, const Words& knobs) {
  const std::vector<const CommandFacts*> all = all_commands(program);
  Words paths;
  for (const CommandFacts* command : all)
    if (command->path.size() > 1) paths.push_back("'" + words_of(*command) + "'");
  std::string text(kBashBegin);
  text += base::format("  local knobs='{}'\n  local settings='{}'\n", base::join(knobs, " "),
                       base::join(settings_of(knobs), " "));
  text +=
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n    case ${command:+$command }${COMP_WORDS[i]} "
      "in\n";
  text += base::format(
      "      {})\n        command+=${{command:+ }}${{COMP_WORDS[i]}} ;;\n    esac\n  done\n",
      base::join(paths, " | "));
  text += "  case $command in\n" + bash_places(all);
  return text + base::replaced(std::string(kBashEnd), "@VALUES@", bash_values(all));
}

// ---- zsh ----

namespace {

std::string zsh_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
    safe += c == '\'' ? "'\\''" : c == '`' ? "" : std::string(1, c);
  }
  return safe;
}

std::string zsh_action(const OptionFacts& option, const Words& knobs) {
  switch (option.completes) {
    case Completes::words:
      return "(" + base::join(option.words, " ") + ")";
    case Completes::knobs:
      return "(" + base::join(knobs, " ") + ")";
    case Completes::settings:
      return "_lorahub_settings";
    case Completes::files:
      return "_files";
    default:
      return " ";
  }
}

std::string zsh_option(const OptionFacts& option, const Words& knobs) {
  std::string text;
  for (const std::string& name : option.names) {
    text += base::format(" \\\n    '{}{}[{}]", option.repeats ? "*" : "", name,
                         zsh_text(option.meaning));
    if (!option.value.empty())
      text += base::format(":{}:{}", zsh_text(option.value), zsh_action(option, knobs));
    text += "'";
  }
  return text;
}

std::string zsh_function(const CommandFacts& command, const Words& knobs) {
  const std::string name = "_" + command.called("_");
  std::string text = name + "() {\n";
  std::string arguments;
  for (const OptionFacts& option : command.options) arguments += zsh_option(option, knobs);
  if (command.commands.empty()) {
    for (const OptionFacts& option : command.positionals)
      arguments += base::format(" \\\n    '{}:{}:{}'", option.repeats ? "*" : "",
                                zsh_text(option.names.front()), zsh_action(option, knobs));
    return text + "  _arguments" + arguments + "\n}\n";
  }
  text += "  local state line\n  _arguments -C" + arguments +
          " \\\n    '1: :->command' \\\n    '*:: :->arguments'\n  case $state in\n    command)\n"
          "      local -a commands=(\n";
  for (const CommandFacts& below : command.commands)
    text += base::format("        '{}:{}'\n", below.path.back(), zsh_text(below.meaning));
  return text + base::format(
                    "      )\n      _describe command commands ;;\n    arguments)\n"
                    "      (( $+functions[{0}_$line[1]] )) && {0}_$line[1] ;;\n  esac\n}}\n",
                    name);
}

}  // namespace

std::string zsh_completion(const CommandFacts& program, const Words& knobs) {
  std::string text =
      "#compdef lorahub\n# Completion of lorahub for zsh, written by `lorahub completion zsh`.\n";
  text += base::format("_lorahub_settings() {{\n  compadd -S = {}\n}}\n", base::join(knobs, " "));
  for (const CommandFacts* command : all_commands(program)) text += zsh_function(*command, knobs);
  return text +
         "if [ \"$funcstack[1]\" = _lorahub ]; then\n  _lorahub \"$@\"\nelse\n"
         "  compdef _lorahub lorahub\nfi\n";
}

// ---- fish ----

namespace {

std::string fish_text(const std::string& text) {
  return "'" + base::replaced(base::replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

// Holds where the words of the command have been typed, and none of a command below it.
std::string fish_condition(const CommandFacts& command) {
  Words parts;
  for (size_t i = 1; i < command.path.size(); ++i)
    parts.push_back("__fish_seen_subcommand_from " + command.path[i]);
  if (!command.commands.empty())
    parts.push_back("not __fish_seen_subcommand_from " + base::join(command_names(command), " "));
  return "'" + base::join(parts, "; and ") + "'";
}

std::string fish_action(const OptionFacts& option, const Words& knobs) {
  switch (option.completes) {
    case Completes::words:
      return " -x -a " + fish_text(base::join(option.words, " "));
    case Completes::knobs:
      return " -x -a " + fish_text(base::join(knobs, " "));
    case Completes::settings:
      return " -x -a " + fish_text(base::join(settings_of(knobs), " "));
    case Completes::files:
      return " -r -F";
    default:
      return option.value.empty() ? "" : " -x";
  }
}

std::string fish_command(const CommandFacts& command, const Words& knobs) {
  const std::string start = "complete -c lorahub -n " + fish_condition(command);
  std::string text;
  for (const CommandFacts& below : command.commands)
    text += base::format("{} -f -a {} -d {}\n", start, below.path.back(), fish_text(below.meaning));
  for (const OptionFacts& option : command.options) {
    text += start;
    for (const std::string& name : option.names)
      text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    text += base::format("{} -d {}\n", fish_action(option, knobs), fish_text(option.meaning));
  }
  for (const OptionFacts& option : command.positionals)
    if (option.completes == Completes::knobs || option.completes == Completes::words)
      text += start + " -f" + fish_action(option, knobs) + "\n";
  return text;
}

}  // namespace

std::string fish_completion(const CommandFacts& program, const Words& knobs) {
  std::string text = "# Completion of lorahub for fish, written by `lorahub completion fish`.\n";
  for (const CommandFacts* command : all_commands(program)) text += fish_command(*command, knobs);
  return text;
}

}  // namespace lorahub::cli
