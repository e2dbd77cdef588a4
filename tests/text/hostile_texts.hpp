// Strings that are hard to cut into tokens, the same as tests/golden/tokenizer/make_bpe.py makes.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "text/unicode.hpp"

namespace lorahub::text {

// `parts` and `ranges`: the lists of golden.json.
class HostileTexts {
 public:
  HostileTexts(const nlohmann::json& parts, const nlohmann::json& ranges)
      : parts_(parts.get<std::vector<std::string>>()),
        ranges_(ranges.get<std::vector<std::pair<char32_t, char32_t>>>()) {}

  std::string next() {
    std::string text;
    for (uint64_t left = draw(25); left > 0; --left) add_part(text);
    return text;
  }

 private:
  void add_part(std::string& text) {
    if (draw(4) > 0) {
      text += parts_[draw(parts_.size())];
      return;
    }
    const auto [first, last] = ranges_[draw(ranges_.size())];
    append(text, first + static_cast<char32_t>(draw(last - first + 1)));
  }

  uint64_t draw(uint64_t below) {  // splitmix64
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (z ^ z >> 31) % below;
  }

  std::vector<std::string> parts_;
  std::vector<std::pair<char32_t, char32_t>> ranges_;
  uint64_t state_ = 20261128;
};

}  // namespace lorahub::text
