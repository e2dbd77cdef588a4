// Warnings about what a study sets without effect.
#pragma once
#include <string>
#include <vector>

#include "study/study.hpp"

namespace lorahub::study {

// The knobs that the file's set, vary and zip and the command line name, pieces aside.
std::vector<std::string> given_knobs(const std::filesystem::path& file,
                                     const std::vector<Setting>& set);

// A sentence for each of these knobs that shapes a search or a training and that none of the trials
// reads, such as search.population with the official search; and one where trials ask for another
// loss than the official one and something goes by the official one all the same.
std::vector<std::string> remarks(const std::vector<std::string>& knobs,
                                 const std::vector<Trial>& trials);

}  // namespace lorahub::study
