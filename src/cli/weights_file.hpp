// The file of --weights: JSON, a list of weight vectors such as [[0.5, 0, 1]], one weight a module.
#pragma once
#include <string>
#include <vector>

namespace lorahub::cli {

std::vector<std::vector<double>> read_weights(const std::string& file);

// The only vector of a file. Error where the file has several, or one of another length.
std::vector<double> one_vector(const std::string& file, int modules);

}  // namespace lorahub::cli
