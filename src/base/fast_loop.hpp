// Attributes of functions whose loops are to be vectorised in every build type, for the processor
// that runs them. Such a function may call none but those that are always inlined, since another
// one, built with other options, would be a call.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define LORAHUB_LOOP_FOR(...)                                                  \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), \
                 optimize("O3", "no-trapping-math" __VA_ARGS__)))
#else
#define LORAHUB_LOOP_FOR(...)
#endif

#define LORAHUB_FAST_LOOP LORAHUB_LOOP_FOR()
// Gives the same bits on all processors: a product and a sum are rounded one by one, never fused.
#define LORAHUB_PORTABLE_LOOP LORAHUB_LOOP_FOR(, "fp-contract=off")

// Before a loop whose steps do not read what others of its steps write, where the compiler cannot
// know that.
#if defined(__GNUC__) && !defined(__clang__)
#define LORAHUB_INDEPENDENT _Pragma("GCC ivdep")
#else
#define LORAHUB_INDEPENDENT
#endif
