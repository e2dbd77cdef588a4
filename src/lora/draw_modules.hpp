// Draws the modules of a trial from the names that a library has.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::study {
struct ModulesDraw;
}

namespace lorahub::lora {

// The names that the trial gives, or `count` drawn from `all` as Python's random.sample does
// (seed.modules). `library` is the place that errors name: an unknown name, one that is given
// twice, or a count that the library does not have.
std::vector<std::string> draw_modules(const std::vector<std::string>& all,
                                      const std::filesystem::path& library,
                                      const study::ModulesDraw& draw, uint64_t seed);

}  // namespace lorahub::lora
