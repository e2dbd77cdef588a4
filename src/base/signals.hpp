// Blocks the signals that ask a program to end: SIGINT, SIGTERM, SIGHUP (of a terminal that
// closes), SIGXCPU (a limit of processor time) and SIGUSR1 (Slurm's warning). The program asks for
// them where it suits.
#pragma once

namespace lorahub::base {

// Blocks these signals in this thread and those it starts later. Call before MPI_Init (whose
// threads would take them). A second SIGINT, polled after the first, ends the process at once.
void block_signals();

// A file that grows over the limit of its size (ulimit -f) is an error of the write, not a signal
// that ends the process.
void ignore_file_size_signal();

// The first of them that has arrived since, or 0. Never blocks.
int pending_signal();

// Interrupted when a signal is pending.
void throw_if_signalled();

}  // namespace lorahub::base
