// Whose fault it is when something can't be done: the user's, the machine's, or the program's.
#pragma once
#include <exception>
#include <string>
#include <string_view>

#include "base/check.hpp"

namespace lorahub::base {

// The machine can't do what was asked for: no memory, threads or open files, a device or a file
// system that fails. Nothing is wrong with what was asked: another rank, or the same command later,
// may do it. Exit code 75.
struct MachineFault : Interrupted {
  using Interrupted::Interrupted;
};

// A file that can't be read or written. At the beginning of a command it is bad input; in the
// middle of a run that could read or write it before, it is the machine's fault.
struct FileError : Error {
  FileError(const std::string& what_failed, std::string_view advice)
      : Error(format("{}, {}", what_failed, advice)), problem(what_failed) {}
  std::string problem;  // without the advice to check what was asked for
};
// The same failure as a MachineFault: for a file that could be read or written when the run began.
MachineFault since_the_beginning(const FileError& error);

enum class Blame {
  input,         // Error
  interruption,  // Interrupted
  machine,       // MachineFault, and what the libraries throw in its place
  program        // any other exception: a bug
};

struct Cause {
  Blame blame = Blame::program;
  std::string sentence;       // on one line, without a stack trace
  bool lacks_memory = false;  // the machine's or the device's: the same may work with more of it
};
Cause cause_of(const std::exception_ptr& error);
int exit_code(Blame blame);  // of exit_codes.hpp

// Is this value of errno the machine's (a full or failing disk, a server that does not answer, too
// many open files) and not the user's (no such file, no permission)?
bool is_the_machines(int error);
std::string advice(int error);  // what a person can do about it: "make room"

// Throws "`what`: No such file or directory, check the path" as a FileError, or a MachineFault.
[[noreturn]] void cannot(std::string_view what, int error);

}  // namespace lorahub::base
