// The folder of the shipped studies.
#pragma once
#include <filesystem>

namespace lorahub::study {

inline const std::filesystem::path kExperiments = std::filesystem::path(SOURCE_DIR) / "experiments";

}  // namespace lorahub::study
