// The tokenizers of tests/golden/tokenizer/bpe as model folders.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/files.hpp"

namespace lorahub::text {

inline const nlohmann::json& bpe_golden() {
  static const auto* const golden = new nlohmann::json(
      nlohmann::json::parse(base::read_file(SOURCE_DIR "/tests/golden/tokenizer/bpe/golden.json")));
  return *golden;
}

inline const nlohmann::json& bpe_variant(const std::string& name) {
  for (const nlohmann::json& variant : bpe_golden()["variants"])
    if (variant["name"] == name) return variant;
  throw std::runtime_error("no such variant: " + name);
}

// tokenizer.json with its vocabulary; merges as texts of two tokens or as pairs.
inline nlohmann::json bpe_file(const nlohmann::json& variant) {
  nlohmann::json file = variant["file"];
  nlohmann::json& model = file["model"];
  const auto name = model["vocab"].get<std::string>().substr(1);
  const nlohmann::json& vocabulary = bpe_golden()["vocabularies"][name];
  model["vocab"] = vocabulary["vocab"];
  model["merges"] = nlohmann::json::array();
  for (const nlohmann::json& pair : vocabulary["merges"])
    model["merges"].push_back(
        variant["old_merges"] == true
            ? nlohmann::json(pair[0].get<std::string>() + " " + pair[1].get<std::string>())
            : pair);
  return file;
}

// A folder that is there while the object is.
class BpeTestFolder {
 public:
  BpeTestFolder(const nlohmann::json& file, const nlohmann::json& config) {
    std::string pattern = testing::TempDir() + "bpe_XXXXXX";
    path_ = mkdtemp(pattern.data());
    put("tokenizer.json", file);
    put("tokenizer_config.json", config);
  }
  explicit BpeTestFolder(const nlohmann::json& variant)
      : BpeTestFolder(bpe_file(variant), variant["config"]) {}
  ~BpeTestFolder() { std::filesystem::remove_all(path_); }
  BpeTestFolder(const BpeTestFolder&) = delete;
  BpeTestFolder& operator=(const BpeTestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void put(const char* name, const nlohmann::json& content) const {
    base::write_file(path_ / name, content.dump());
  }

 private:
  std::filesystem::path path_;
};

}  // namespace lorahub::text
