// Which machine and build a trial comes from, as far as they can change the bits of its results.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace lorahub::store {

using Environment = std::map<std::string, std::string>;  // of a start (Header::environment)

// "commit a1b2c3, cpu_capability AVX2, ..." of the entries that can change bits; equal texts
// promise equal bits.
std::string origin(const Environment& environment);

// What two starts differ in: "cpu_capability (AVX2, then AVX512)"; "" when in nothing that counts.
// An entry that only one of them knows counts where it is a setting, as MKL_CBWR is.
std::string difference(const Environment& before, const Environment& now);

// A sentence where the trials come from several origins, "" where they do not; by trial.
std::string mixed_origins(const std::vector<std::string>& origins);

}  // namespace lorahub::store
