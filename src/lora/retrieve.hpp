// Chooses, before a search and without a model, the k modules that look most useful.
#pragma once
#include <string>
#include <vector>

#include "lora/library.hpp"

namespace lorahub::lora {

// The k modules whose additions differ most from each other: first the one that adds most (alpha/r
// |BA|), then always the one whose largest |cosine| with those taken is least; the first one among
// equals. Places in `modules`, ascending.
std::vector<size_t> most_different(const std::vector<Module>& modules, size_t k);

// The k modules that add most (alpha/r |BA|); the first one among equals. Places in `modules`,
// ascending.
std::vector<size_t> largest(const std::vector<Module>& modules, size_t k);

// The k texts nearest to `query`: by the cosine of their vectors of words (word_vectors.hpp), of
// which the texts are the documents; the first one among equals. Places in `texts`, ascending.
std::vector<size_t> nearest_texts(const std::vector<std::string>& texts, const std::string& query,
                                  size_t k);

// The k least values; the first one among equals. Places, ascending.
std::vector<size_t> least(const std::vector<double>& values, size_t k);

}  // namespace lorahub::lora
