#include "objective/retriever.hpp"

namespace lorahub::objective {
namespace {

std::vector<std::string> documents(const std::vector<std::vector<std::string>>& samples) {
  std::vector<std::string> all;
  for (const std::vector<std::string>& own : samples) all.insert(all.end(), own.begin(), own.end());
  return all;
}

}  // namespace

RetrieverWeights::RetrieverWeights(const std::vector<std::vector<std::string>>& samples, int k)
    : k_(k), vectors_(documents(samples)) {
  for (const std::vector<std::string>& own : samples) {
    means_.emplace_back();
    for (const std::string& text : own) lora::add_direction(vectors_(text), means_.back());
  }
}

std::vector<double> RetrieverWeights::cosines(const std::string& prompt) const {
  const lora::WordVector wanted = vectors_(prompt);
  std::vector<double> all;
  for (const lora::WordVector& mean : means_) all.push_back(lora::cosine(mean, wanted));
  return all;
}

std::vector<double> RetrieverWeights::operator()(const std::string& prompt) const {
  std::vector<double> weights(means_.size());
  for (const size_t i : places_of_largest(cosines(prompt), k_)) weights[i] = 1.0 / k_;
  return weights;
}

}  // namespace lorahub::objective
