// Makes standard input, output and error usable, whatever the program was started with.
#pragma once
#include <string>
#include <string_view>

namespace lorahub::base {

// To be called first in main. Descriptors 0 to 2 that are closed are opened on /dev/null, so that
// no file takes their number: standard output for reading, so that writing to it still fails. A
// closed pipe is an error like a full disk (no SIGPIPE). What can't be written to standard error is
// dropped.
void open_standard_streams();

// Writes to standard error at once, without memory or locks: for a signal handler, or where the
// process is about to end. What can't be written is dropped.
void write_error(std::string_view words);

// Writes what the buffer of standard output holds. Error when something could not be written, now
// or earlier.
void flush_output();

// The sentence about standard output that could not be written, with this reason.
std::string output_lost(const std::string& reason);

}  // namespace lorahub::base
