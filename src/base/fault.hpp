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

// A file that can't be read or written. Bad input where a command begins; in the middle of a run
// that could read or write it before, the machine's fault.
struct FileError : Error {
  using Error::Error;
};

enum class Blame {
  input,         // Error
  interruption,  // Interrupted
  machine,       // MachineFault, and what the libraries throw in its place
  program        // any other exception: a bug
};

struct Cause {
  Blame blame = Blame::program;
  std::string sentence;  // on one line, without a stack trace
};
Cause cause_of(const std::exception_ptr& error);

// Is this value of errno the machine's (a full or failing disk, a server that does not answer, too
// many open files) and not the user's (no such file, no permission)?
bool is_the_machines(int error);
std::string advice(int error);  // "make room": what a person can do about it

// "`what`: No such file or directory" as a FileError, or as a MachineFault with an advice.
[[noreturn]] void cannot(std::string_view what, int error);

}  // namespace lorahub::base
