// The tokenizers of tests/golden/tokenizer/bpe as metadata of a GGUF file.
#pragma once
#include "bpe_golden.hpp"
#include "gguf/metadata.hpp"

namespace lorahub::text {

// Tokens in the order of their ids: those of the vocabulary, and <s> and <|end|> behind byte-level
// ones. Merges where they are byte-level; else scores, which fall with the id.
class GgufValues {
 public:
  GgufValues(const std::string& model, const std::string& vocabulary) {
    const nlohmann::json& words = bpe_golden()["vocabularies"][vocabulary];
    tokens_.resize(words["vocab"].size());
    for (const auto& [token, id] : words["vocab"].items()) tokens_[id.get<size_t>()] = token;
    types_.assign(tokens_.size(), 1);
    set("model", model);
    if (model == "gpt2") {
      std::vector<std::string> merges;
      for (const nlohmann::json& pair : words["merges"])
        merges.push_back(pair[0].get<std::string>() + " " + pair[1].get<std::string>());
      set("merges", merges);
      add_special("<s>");
      set("bos_token_id", static_cast<int64_t>(tokens_.size()) - 1);
      add_special("<|end|>");
      set("eos_token_id", static_cast<int64_t>(tokens_.size()) - 1);
    } else {
      std::vector<double> scores;
      for (size_t id = 0; id < tokens_.size(); ++id) scores.push_back(-static_cast<double>(id));
      set("scores", scores);
      for (const size_t control : {0, 1, 2}) types_[control] = 3;
      set("unknown_token_id", int64_t{0});
      set("bos_token_id", int64_t{1});
      set("eos_token_id", int64_t{2});
    }
  }

  void set(const std::string& key, gguf::MetadataValue value) {
    values_["tokenizer.ggml." + key] = std::move(value);
  }
  void erase(const std::string& key) { values_.erase("tokenizer.ggml." + key); }
  void add_special(const std::string& token) {
    tokens_.push_back(token);
    types_.push_back(3);
  }
  std::vector<std::string>& tokens() { return tokens_; }
  std::vector<int64_t>& types() { return types_; }

  gguf::Metadata metadata() const {
    std::map<std::string, gguf::MetadataValue> all = values_;
    all.try_emplace("tokenizer.ggml.tokens", tokens_);
    all.try_emplace("tokenizer.ggml.token_type", types_);
    return {"x.gguf", std::move(all)};
  }

 private:
  std::vector<std::string> tokens_;
  std::vector<int64_t> types_;
  std::map<std::string, gguf::MetadataValue> values_;
};

}  // namespace lorahub::text
