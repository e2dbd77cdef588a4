#include "cli/program.hpp"

#include <exception>

#include "base/streams.hpp"
#include "cli/command_line.hpp"
#include "cli/report_error.hpp"

namespace lorahub::cli {

int program(int argc, char** argv) {
  ErrorForm form = ErrorForm::text;
  try {
    const int code = run_command_line(argc, argv, form);
    base::flush_output();
    return code;
  } catch (...) {
    return report_error(std::current_exception(), form);
  }
}

}  // namespace lorahub::cli
