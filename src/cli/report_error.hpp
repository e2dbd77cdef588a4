// How the program tells an error: a sentence on standard error, and JSON where a program reads it.
#pragma once
#include <exception>

namespace CLI {
class App;
}

namespace lorahub::cli {

enum class ErrorForm {
  text,
  json  // also {"error":"the sentence","exit_code":2}, the last line of standard output
};

// json where the words ask for JSON on standard output (a flag --json or --json-lines). It reads
// the words themselves, since a command line that can't be parsed is told in the same form.
ErrorForm error_form(const CLI::App& app, int argc, const char* const* argv);

// Tells the error on the first rank, or on the one whose machine is to blame, and returns the exit
// code for it.
int report_error(const std::exception_ptr& error, ErrorForm form);

}  // namespace lorahub::cli
