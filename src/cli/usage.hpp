// Describes in one sentence what is wrong with a command line.
#pragma once
#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace lorahub::cli {

// Error where the value of a whole number on the line is not written in plain decimal digits, or
// the word that names a module is empty. `app` has parsed the line.
void check_values(const CLI::App& app);

// Names the first unknown command or option with the nearest one, else says what the parser
// found. `app` has tried to parse the line.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace lorahub::cli
