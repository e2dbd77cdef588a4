#include "cli/man_page.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace lorahub::cli {
namespace {

// Text that no sign of turns into a request or an escape of roff.
std::string roff(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  return safe.starts_with('.') || safe.starts_with('\'') ? "\\&" + safe : safe;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }

std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

// Whether the text begins with what is typed as it stands, such as a file's name, `a=b` or `word:`.
bool begins_with_literal(const std::string& text) {
  std::string word = text.substr(0, text.find(' '));
  if (word.ends_with(',')) word.pop_back();
  return !std::ranges::all_of(word, [](unsigned char c) { return std::isalpha(c) || c == '\''; });
}

std::string sentence(std::string text) {
  if (text.empty()) return text;
  if (!begins_with_literal(text)) text.replace(0, 1, upper(text.substr(0, 1)));
  return roff(text) + (text.ends_with('.') ? "" : ".");
}

// The program's own description begins with its name, which a page has in front of it.
std::string purpose(const CommandFacts& command) {
  const std::string name = command.called() + ": ";
  return command.meaning.substr(command.meaning.starts_with(name) ? name.size() : 0);
}

std::string heading(const OptionFacts& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names)
    names.push_back(name.starts_with('-') ? bold(name) : italic(name));
  std::string text = base::join(names, ", ");
  if (option.names.front().starts_with('-') && !option.value.empty())
    text +=
        " " + (option.words.empty() ? italic(option.value) : italic(base::join(option.words, "|")));
  return text;
}

std::string paragraph(const OptionFacts& option) {
  std::string text = ".TP\n" + heading(option) + "\n" + sentence(option.meaning) + "\n";
  if (!option.usual.empty()) text += "Default: " + bold(option.usual) + ".\n";
  if (option.is_required && option.names.front().starts_with('-')) text += "It must be given.\n";
  return text;
}

std::string section(const std::string& title, const std::vector<OptionFacts>& options) {
  if (options.empty()) return "";
  std::string text = ".SH " + title + "\n";
  for (const OptionFacts& option : options) text += paragraph(option);
  return text;
}

std::string synopsis(const CommandFacts& command) {
  std::string text = ".SH SYNOPSIS\n" + bold(command.called());
  if (!command.options.empty()) text += " [" + italic("OPTIONS") + "]";
  for (const OptionFacts& option : command.positionals) {
    const std::string name = italic(option.names.front()) + (option.repeats ? "..." : "");
    text += option.is_required ? " " + name : " [" + name + "]";
  }
  if (!command.commands.empty()) text += " " + italic("COMMAND");
  return text + "\n";
}

std::string list(const std::vector<CommandFacts>& commands) {
  if (commands.empty()) return "";
  std::string text = ".SH COMMANDS\n";
  for (const CommandFacts& below : commands)
    text += base::format(".TP\n{}(1)\n{}\n", bold(below.called("-")), sentence(below.meaning));
  return text;
}

constexpr std::string_view kExitCodes = R"(.SH EXIT STATUS
.TP
.B 0
It is done.
.TP
.B 1
Some trial failed, or a check found something; the rest is kept.
.TP
.B 2
Bad input or usage, or standard output could not be written; nothing was changed.
.TP
.B 75
It was interrupted, or the machine failed; the same command goes on.
)";

constexpr std::string_view kJsonErrors = R"(.PP
With \-\-json an error is also the last line of standard output:
.nf
{"error": "what went wrong", "exit_code": 2}
.fi
)";

bool says_json(const CommandFacts& command) {
  return std::ranges::any_of(command.options, [](const OptionFacts& option) {
    return option.names.front() == "--json" && option.value.empty();
  });
}

}  // namespace

std::string man_page(const CommandFacts& command, const std::string& version) {
  std::string text = base::format(".TH {} 1 \"\" \"lorahub {}\" \"lorahub\"\n",
                                  roff(upper(command.called("-"))), version);
  text += base::format(".SH NAME\n{} \\- {}\n", roff(command.called("-")), roff(purpose(command)));
  text += synopsis(command);
  text += section("ARGUMENTS", command.positionals) + section("OPTIONS", command.options);
  text += list(command.commands) + std::string(kExitCodes);
  if (says_json(command)) text += kJsonErrors;
  if (!command.example.empty()) text += ".SH EXAMPLES\n.nf\n" + roff(command.example) + "\n.fi\n";
  if (command.path.size() > 1) text += ".SH SEE ALSO\n" + bold(command.path.front()) + "(1)\n";
  return text;
}

}  // namespace lorahub::cli
