#include "search/centres.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "search/optimizer.hpp"
#include "study/trial.hpp"

namespace lorahub::search {
namespace {

// Of candidates [P, N].
std::vector<double> mean(std::span<const double> candidates, size_t dim) {
  std::vector<double> sum(dim);
  for (size_t i = 0; i < candidates.size(); ++i) sum[i % dim] += candidates[i];
  for (double& value : sum) value /= static_cast<double>(candidates.size() / dim);
  return sum;
}

std::vector<double> centre(std::span<const double> candidates, size_t dim) {
  const size_t count = candidates.size() / dim;
  if (count < kFewestOfACentre) return {};
  std::vector<double> middle = mean(candidates, dim);
  double from_origin = 0, from_middle = 0;
  for (const double value : middle) from_origin += value * value;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const double difference = candidates[i] - middle[i % dim];
    from_middle += difference * difference;
  }
  if (from_middle < from_origin * static_cast<double>(count)) return middle;
  return {};
}

}  // namespace

Population with_centres(Population generation, int of_a_run) {
  assert(of_a_run > 0);
  generation.candidates_per_centre = of_a_run;
  for (int first = 0; first < generation.size(); first += of_a_run)
    generation.centres.push_back(
        centre(generation.rows(first, std::min(of_a_run, generation.size() - first)),
               static_cast<size_t>(generation.dim)));
  return generation;
}

Population with_centres(Population generation, const study::Search& search) {
  const int dim = generation.dim;
  return with_centres(std::move(generation), resolved(search, dim).population);
}

}  // namespace lorahub::search
