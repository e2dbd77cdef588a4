#include "search/random_search.hpp"

#include <cassert>
#include <utility>
#include <vector>

namespace lorahub::search {

RandomSearch::RandomSearch(Box box, int population, base::Stream stream)
    : box_(box), size_(population), stream_(stream), asked_(draw()) {
  for (int i = 0; i < box.dim; ++i)  // the base model is always among those tried
    asked_.weights[static_cast<size_t>(i)] = 0;
}

Population RandomSearch::draw() {
  assert(box_.dim > 0 && size_ > 0 && box_.bound > 0);
  Population population{.dim = box_.dim, .weights = {}};
  population.weights.resize(static_cast<size_t>(size_) * static_cast<size_t>(box_.dim));
  for (double& weight : population.weights) weight = box_.bound * (2 * stream_.uniform() - 1);
  return population;
}

Population RandomSearch::ask() { return asked_; }

void RandomSearch::tell([[maybe_unused]] const Evaluation& found) {
  assert(static_cast<int>(found.losses.size()) == size_);
  asked_ = draw();
}

}  // namespace lorahub::search
