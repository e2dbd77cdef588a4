// LoraRetriever (Zhao et al. 2024, arXiv 2402.09997): the modules whose sample inputs are most like
// an input. It differs from the source in its vectors of texts: words, by how often and how rare
// they are (lora/word_vectors.hpp), where the source has a sentence encoder trained for this.
#pragma once
#include <string>
#include <vector>

#include "lora/word_vectors.hpp"
#include "objective/input_weights.hpp"

namespace lorahub::objective {

// The k modules of largest cosine between the prompt's vector and the mean direction of their
// samples' vectors have weight 1/k. By composition product that is the source's mixture, by factor
// its fusion.
class RetrieverWeights : public InputWeights {
 public:
  // `samples` of each module, at least one; all of them are the documents of the vectors.
  RetrieverWeights(const std::vector<std::vector<std::string>>& samples, int k);

  std::vector<double> operator()(const std::string& prompt) const override;

  std::vector<double> cosines(const std::string& prompt) const;  // [N]

 private:
  int k_;
  lora::WordVectors vectors_;
  std::vector<lora::WordVector> means_;  // times the number of samples
};

}  // namespace lorahub::objective
