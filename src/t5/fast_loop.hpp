// For loops that are to be vectorised whatever the build type, for the processor that runs them. In
// them nothing may be called: a function built with other options would not be inlined.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define LORAHUB_FAST_LOOP                                                      \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), \
                 optimize("O3", "no-trapping-math")))
#else
#define LORAHUB_FAST_LOOP
#endif
