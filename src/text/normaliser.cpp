#include "text/normaliser.hpp"

#include "base/check.hpp"
#include "text/unicode.hpp"

namespace lorahub::text {
namespace {

uint32_t number(std::string_view bytes, size_t at) {  // little endian
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// A unit of darts-clone's double array.
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t value(uint32_t unit) { return unit & 0x7FFFFFFF; }
uint32_t label(uint32_t unit) { return unit & 0x800000FF; }
uint32_t offset(uint32_t unit) { return (unit >> 10) << ((unit & 1u << 9) >> 6); }

}  // namespace

Normaliser::Normaliser(std::string_view charsmap) {
  if (charsmap.empty()) return;
  const uint32_t size = charsmap.size() < 4 ? 0 : number(charsmap, 0);
  base::check(
      size >= 4 && size % 4 == 0 && size <= charsmap.size() - 4,
      "the normaliser of the SentencePiece model is cut off ({} bytes), copy the file again",
      charsmap.size());
  for (uint32_t at = 4; at < 4 + size; at += 4) units_.push_back(number(charsmap, at));
  texts_ = charsmap.substr(4 + size);
}

std::optional<std::string_view> Normaliser::replacement(std::string_view chunk) const {
  uint32_t node = offset(units_[0]);
  for (const char c : chunk) {
    const uint32_t byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label(units_[node]) != byte) return std::nullopt;
    const uint32_t unit = units_[node];
    node ^= offset(unit);
    if (!has_leaf(unit)) continue;
    if (node >= units_.size() || value(units_[node]) >= texts_.size()) return std::nullopt;
    const std::string_view text = std::string_view(texts_).substr(value(units_[node]));
    return text.substr(0, text.find('\0'));
  }
  return std::nullopt;
}

std::string Normaliser::operator()(std::string_view text) const {
  if (units_.empty()) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::string_view cluster = text.substr(0, grapheme(text));
    text.remove_prefix(cluster.size());
    if (const auto whole = cluster.size() < 6 ? replacement(cluster) : std::nullopt) {
      out += *whole;
      continue;
    }
    for (std::string_view rest = cluster; !rest.empty();) {
      std::string letter;
      append(letter, take(rest));
      out += replacement(letter).value_or(letter);
    }
  }
  return out;
}

}  // namespace lorahub::text
