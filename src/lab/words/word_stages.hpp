// The stages of the word lab.
#pragma once
#include <filesystem>
#include <memory>

#include "lab/laboratory.hpp"

namespace lorahub::lab::words {

// The lab of the recipe in `file`: stages rows (library/words.yaml and tasks/words as in configs/,
// and what the trainings read in work/), modules (library/words) and hashes.
std::unique_ptr<Laboratory> open(const std::filesystem::path& file, const LabSource& source);

}  // namespace lorahub::lab::words
