#include "cli/usage.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/check.hpp"
#include "base/replaced.hpp"
#include "base/text.hpp"

namespace lorahub::cli {
namespace {

using Apps = std::vector<const CLI::App*>;

// The program and the commands that the line names: lorahub, hub, list.
Apps named(const CLI::App& app) {
  Apps apps{&app};
  while (!apps.back()->get_subcommands().empty())
    apps.push_back(apps.back()->get_subcommands().front());
  return apps;
}

std::string called(const Apps& apps) {
  std::string words;
  for (const CLI::App* app : apps) words += (words.empty() ? "" : " ") + app->get_name();
  return words;
}

std::vector<std::string> commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_name().empty()) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const CLI::App* group : app.get_subcommands([](const CLI::App*) { return true; }))
    if (group->get_name().empty())  // a group of options
      for (const std::string& name : options(*group)) names.push_back(name);
  return names;
}

// The first word that nothing takes: the word in the place of a command, else an option; other
// words come last, since they may be the value of that option.
std::optional<std::string> unknown(const Apps& apps) {
  std::vector<std::string> left;
  for (const CLI::App* app : apps)
    for (const std::string& word : app->remaining()) left.push_back(word);
  std::erase(left, "--");
  const bool is_command =
      !commands(*apps.back()).empty() && !left.empty() && !left.front().starts_with('-');
  if (is_command) return left.front();
  for (const std::string& word : left)
    if (word.starts_with('-') && word.size() > 1) return word;
  return left.empty() ? std::nullopt : std::optional(left.front());
}

std::string of_unknown(const Apps& apps, const std::string& word) {
  const std::string line = called(apps);
  const std::vector<std::string> below = commands(*apps.back());
  if (word.starts_with('-') && word.size() > 1) {
    const std::string name = word.substr(0, word.find('='));
    return base::format("{} has no option '{}'{} ({} --help lists them)", line, name,
                        base::did_you_mean(name, options(*apps.back())), line);
  }
  if (!below.empty())
    return base::format("{} has no command '{}'{} ({} --help lists them)", line, word,
                        base::did_you_mean(word, below), line);
  return base::format("'{}' is one word more than {} takes, see {} --help", word, line, line);
}

constexpr std::string_view kMostUnsigned = "18446744073709551615";

// The parser takes 010 for 8, 0x10 for 16 and a negative seed for a huge one.
bool is_plain(const std::string& word, bool with_sign) {
  const bool negative = with_sign && word.starts_with('-');
  const std::string_view digits = std::string_view(word).substr(negative ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return false;
  if (digits.size() > 1 && digits.front() == '0') return false;
  return digits.size() < kMostUnsigned.size() ||
         (digits.size() == kMostUnsigned.size() && digits <= kMostUnsigned);
}

// Without its value, such as an unset variable, the option would count as one that is not given:
// the base would answer.
void check_not_empty(const CLI::Option& option, const std::string& line) {
  constexpr std::array kNamed{"--adapter", "--library", "--modules", "--weights"};
  if (std::ranges::find(kNamed, option.get_name()) == kNamed.end()) return;
  for (const std::string& word : option.results())
    base::check(!word.empty(),
                "{}: {} is empty (is a variable not set?), give a value or leave it out, see {} "
                "--help",
                line, option.get_name(), line);
}

void check_values_of(const CLI::App& app, const std::string& line) {
  for (const CLI::Option* option : app.get_options()) {
    check_not_empty(*option, line);
    const std::string type = option->get_type_name();
    if (option->count() == 0 || type.find("INT") == type.npos) continue;
    const bool with_sign = type.find("UINT") == type.npos;
    for (const std::string& word : option->results())
      base::check(is_plain(word, with_sign),
                  "{}: {} {} is no plain whole number{} (it could be read in two ways), see {} "
                  "--help",
                  line, option->get_name(), word,
                  with_sign ? "" : base::format(" from 0 to {}", kMostUnsigned), line);
  }
}

// The parser's own words count what it expected; those of values in a range are clear.
std::string of_value(const std::string& said) {
  const std::string option = said.substr(0, said.find(':'));
  if (said.find("At Most 1 required") != said.npos)
    return option + " is given more than once (only one value could count), give it once";
  if (said.ends_with(" missing")) return option + " has no value, give one";
  const std::string_view wrong = "Could not convert: ";
  if (said.starts_with(wrong))
    return base::replaced(said.substr(wrong.size()), " = ", " ") + " is no number, give one";
  return said;
}

}  // namespace

void check_values(const CLI::App& app) {
  const Apps apps = named(app);
  for (const CLI::App* one : apps) check_values_of(*one, called(apps));
}

std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const Apps apps = named(app);
  if (const auto word = unknown(apps)) return of_unknown(apps, *word);
  const std::vector<std::string> below = commands(*apps.back());
  if (!below.empty())
    return base::format("{} needs a command ({}), see {} --help", called(apps),
                        base::join(below, ", "), called(apps));
  return base::format("{}: {}, see {} --help", called(apps), of_value(error.what()), called(apps));
}

}  // namespace lorahub::cli
