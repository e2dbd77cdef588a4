// The codes with which the program ends where it has not done what was asked for.
#pragma once

namespace lorahub::base {

// Bad input or usage, or standard output that could not be written; nothing was changed.
inline constexpr int kExitBadInput = 2;
// A bug of this program (EX_SOFTWARE of sysexits.h).
inline constexpr int kExitBug = 70;
// Interrupted, or the machine's fault; the same command goes on (EX_TEMPFAIL of sysexits.h).
inline constexpr int kExitRunAgain = 75;

}  // namespace lorahub::base
