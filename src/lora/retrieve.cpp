#include "lora/retrieve.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <numeric>

#include "lora/geometry.hpp"

namespace lorahub::lora {

namespace {

using WordWeights = std::map<std::string, double>;  // how often, then weighted

WordWeights count(const std::string& text) {
  WordWeights words;
  std::string word;
  for (const char c : text + " ") {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80) {  // letters of other scripts count as letters
      word.push_back(static_cast<char>(std::tolower(byte)));
    } else if (!word.empty()) {
      words[word] += 1;
      word.clear();
    }
  }
  return words;
}

double length(const WordWeights& words) {
  double square = 0;
  for (const auto& [word, weight] : words) square += weight * weight;
  return std::sqrt(square);
}

double cosine(const WordWeights& x, const WordWeights& y) {
  double dot = 0;
  for (const auto& [word, weight] : x)
    if (const auto found = y.find(word); found != y.end()) dot += weight * found->second;
  const double both = length(x) * length(y);
  return both > 0 ? dot / both : 0;
}

}  // namespace

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
  std::vector<WordWeights> all;
  std::map<std::string, double> documents;  // with the word
  for (const std::string& text : texts) {
    all.push_back(count(text));
    for (const auto& [word, unused] : all.back()) documents[word] += 1;
  }
  const auto weigh = [&](WordWeights& words) {
    for (auto& [word, weight] : words)
      weight *= std::log((1 + static_cast<double>(texts.size())) / (1 + documents[word])) + 1;
  };
  WordWeights wanted = count(query);
  weigh(wanted);
  std::vector<double> distance;
  for (WordWeights& words : all) {
    weigh(words);
    distance.push_back(-cosine(words, wanted));
  }
  return least(distance, k);
}

}  // namespace lorahub::lora
