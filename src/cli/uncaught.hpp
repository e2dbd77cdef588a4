// The end of the program by an exception that nobody catches: in a thread of a library, while
// another one is put into words, or before main.
#pragma once

namespace lorahub::cli {

// From then on such an exception ends the program with 75 and a sentence where the machine is to
// blame (no memory, no threads, no open files), and as before otherwise. May be called before the
// libraries are initialised.
void name_uncaught_exceptions();

}  // namespace lorahub::cli
