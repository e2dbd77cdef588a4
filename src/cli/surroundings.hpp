// What the program needs of its surroundings before its libraries are initialised, which would
// otherwise end it in words of their own, or in a crash.
#pragma once

namespace lorahub::cli {

// Ends the program with 2 and a sentence where the current folder is gone, where the stack or the
// memory is too small. From then on exceptions that nobody catches are named (cli/uncaught.hpp). To
// be called before the libraries are initialised, and thus before a sanitizer.
[[gnu::no_sanitize_address]] void check_surroundings();

}  // namespace lorahub::cli
