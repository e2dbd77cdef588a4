#include "lora/retrieve.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lora/geometry.hpp"
#include "lora/word_vectors.hpp"

namespace lorahub::lora {

std::vector<size_t> least(const std::vector<double>& values, size_t k) {
  std::vector<size_t> places(values.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::stable_sort(places.begin(), places.end(),
                   [&](size_t i, size_t j) { return values[i] < values[j]; });
  places.resize(std::min(k, places.size()));
  std::sort(places.begin(), places.end());
  return places;
}

std::vector<size_t> most_different(const std::vector<Module>& modules, size_t k) {
  const size_t n = modules.size();
  const std::vector<std::vector<double>> cosine_of = cosines(modules);
  std::vector<double> nearness;  // to those taken; before the first: the less, the more it adds
  for (const Module& module : modules) nearness.push_back(-norms(module).product);
  std::vector<size_t> taken;
  while (taken.size() < std::min(k, n)) {
    size_t next = n;
    for (size_t i = 0; i < n; ++i)
      if (std::ranges::find(taken, i) == taken.end() && (next == n || nearness[i] < nearness[next]))
        next = i;
    if (taken.empty()) std::ranges::fill(nearness, 0.0);
    taken.push_back(next);
    for (size_t i = 0; i < n; ++i)
      nearness[i] = std::max(nearness[i], std::abs(cosine_of[i][next]));
  }
  std::sort(taken.begin(), taken.end());
  return taken;
}

std::vector<size_t> largest(const std::vector<Module>& modules, size_t k) {
  std::vector<double> smallness;
  for (const Module& module : modules) smallness.push_back(-norms(module).product);
  return least(smallness, k);
}

std::vector<size_t> nearest_texts(const std::vector<std::string>& texts, const std::string& query,
                                  size_t k) {
  const WordVectors vectors(texts);
  const WordVector wanted = vectors(query);
  std::vector<double> distance;
  for (const std::string& text : texts) distance.push_back(-cosine(vectors(text), wanted));
  return least(distance, k);
}

}  // namespace lorahub::lora
