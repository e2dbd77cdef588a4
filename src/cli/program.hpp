// The whole program: a command line in, an exit code out.
#pragma once

namespace lorahub::cli {

// Runs the command. What goes wrong is one sentence on standard error, and with --json also a JSON
// object, the last line of standard output. Returns 0: done; 1: some trial failed; 2: bad input or
// usage, or standard output that could not be written; 75: interrupted, or the machine's fault; 70:
// a bug of this program.
int program(int argc, char** argv);

}  // namespace lorahub::cli
