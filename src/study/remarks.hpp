// Warnings about what a study sets without effect.
#pragma once
#include <string>
#include <vector>

#include "study/study.hpp"

namespace lorahub::study {

// The knobs that the file's set, vary and zip and the command line name, pieces aside.
std::vector<std::string> given_knobs(const std::filesystem::path& file,
                                     const std::vector<Setting>& set);

// Returns a sentence for
// - each of these knobs that shapes a search, a training or a loss and that none of the trials
//   reads, such as search.population with the official search,
// - trials that ask for another loss than the official one, where `retrieve` or the training of a
//   network goes by the official one all the same,
// - searches that end by search.time, whose results depend on the speed of the machine,
// - trials of the method gradient that ask for delta evaluation, which has no gradient.
std::vector<std::string> remarks(const std::vector<std::string>& knobs,
                                 const std::vector<Trial>& trials);

}  // namespace lorahub::study
