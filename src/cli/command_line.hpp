// The words of a command line, parsed and acted on.
#pragma once
#include "cli/report_error.hpp"

namespace lorahub::cli {

// Returns the exit code of the command that the words name. `errors` becomes how an exception is to
// be told. Error for words that no command understands.
int run_command_line(int argc, char** argv, ErrorForm& errors);

}  // namespace lorahub::cli
