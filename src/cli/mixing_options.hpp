// The options that say how given weights are mixed.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "study/compositions.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace lorahub::cli {

struct MixingOptions {
  std::string composition;  // "": not given, which means factor
  std::optional<double> density, temperature;
  std::optional<int> svd_rank, experts;
  std::optional<uint64_t> draw;
};
// --composition, and --density, --draw, --svd-rank, --experts and --temperature of those that read
// them.
void add_mixing(CLI::App& command, MixingOptions& options);
// Error for an option that the composition does not read.
study::MixingRule rule(const MixingOptions& options);

}  // namespace lorahub::cli
