// A program of the user's that is asked question after question: a line on its standard input, a
// line on its standard output.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

namespace lorahub::base {

class AskedProgram {
 public:
  // Starts `command` with /bin/sh. What it writes on standard error is shown as it is. Error when
  // it can't be started.
  AskedProgram(std::string command, std::chrono::seconds patience);
  // Closes its standard input, which asks it to end, and ends it and what it has started where it
  // does not.
  ~AskedProgram();
  AskedProgram(const AskedProgram&) = delete;
  AskedProgram& operator=(const AskedProgram&) = delete;

  const std::string& command() const { return command_; }
  // Writes the line and returns the next line of the program, both without their ends. Error when
  // the program ends before, or takes longer than the patience; Interrupted when a signal comes.
  std::string ask(const std::string& question);

 private:
  using Clock = std::chrono::steady_clock;
  void wait(bool writing, Clock::time_point deadline);
  void write_some(std::string_view& text);
  void read_some();
  [[noreturn]] void fail_ended();
  bool has_ended(std::chrono::milliseconds within);

  std::string command_;
  std::chrono::seconds patience_;
  pid_t child_ = 0;
  int state_ = 0;  // of waitpid, once `reaped_`
  bool reaped_ = false;
  int to_ = -1, from_ = -1;
  std::string read_;  // what it wrote behind the last line
};

}  // namespace lorahub::base
