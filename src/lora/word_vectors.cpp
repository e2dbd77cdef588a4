#include "lora/word_vectors.hpp"

#include <cctype>
#include <cmath>

namespace lorahub::lora {
namespace {

WordVector count(const std::string& text) {
  WordVector words;
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

double length(const WordVector& words) {
  double square = 0;
  for (const auto& [word, weight] : words) square += weight * weight;
  return std::sqrt(square);
}

}  // namespace

WordVectors::WordVectors(std::span<const std::string> documents)
    : all_(static_cast<double>(documents.size())) {
  for (const std::string& text : documents)
    for (const auto& [word, unused] : count(text)) containing_[word] += 1;
}

WordVector WordVectors::operator()(const std::string& text) const {
  WordVector words = count(text);
  for (auto& [word, weight] : words) {
    const auto found = containing_.find(word);
    const double containing = found == containing_.end() ? 0 : found->second;
    weight *= std::log((1 + all_) / (1 + containing)) + 1;
  }
  return words;
}

double cosine(const WordVector& x, const WordVector& y) {
  double dot = 0;
  for (const auto& [word, weight] : x)
    if (const auto found = y.find(word); found != y.end()) dot += weight * found->second;
  const double both = length(x) * length(y);
  return both > 0 ? dot / both : 0;
}

void add_direction(const WordVector& y, WordVector& x) {
  const double size = length(y);
  for (const auto& [word, weight] : y) x[word] += weight / size;
}

}  // namespace lorahub::lora
