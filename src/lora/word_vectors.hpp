// Texts as vectors of their words: what the program knows of likeness between texts without a
// model.
#pragma once
#include <map>
#include <span>
#include <string>

namespace lorahub::lora {

// How often a word is in a text, weighted. Words are runs of letters and digits, lower case.
using WordVector = std::map<std::string, double>;

class WordVectors {
 public:
  // Weights a word by log((1 + n) / (1 + documents with the word)) + 1, of n documents.
  explicit WordVectors(std::span<const std::string> documents);
  WordVector operator()(const std::string& text) const;

 private:
  double all_ = 0;                            // documents
  std::map<std::string, double> containing_;  // documents that have the word
};

// 0 with a vector of no words.
double cosine(const WordVector& x, const WordVector& y);

// Adds y / |y| to x; y may be without words.
void add_direction(const WordVector& y, WordVector& x);

}  // namespace lorahub::lora
