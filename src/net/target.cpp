#include "net/target.hpp"

#include "base/text.hpp"

namespace lorahub::net {
namespace {

std::optional<int> hexadecimal(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return std::nullopt;
}

enum class Plus { itself, space };  // space: in a query

std::optional<std::string> decoded(std::string_view text, Plus plus) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::space) {
      result += ' ';
    } else if (text[i] != '%') {
      result += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = hexadecimal(text[i + 1]), low = hexadecimal(text[i + 2]);
      if (!high || !low) return std::nullopt;
      result += static_cast<char>(*high * 16 + *low);
      i += 2;
    }
  }
  return result;
}

bool has_control(std::string_view text) {
  for (const char letter : text)
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) return true;
  return false;
}

std::optional<std::string> path(std::string_view text) {
  if (text.empty() || text.front() != '/') return std::nullopt;
  std::string whole;
  for (const std::string& segment : base::split(text.substr(1), '/')) {
    const std::optional<std::string> name = decoded(segment, Plus::itself);
    if (!name || *name == "." || *name == ".." || has_control(*name) ||
        name->find_first_of("/\\") != std::string::npos)
      return std::nullopt;
    whole += "/" + *name;
  }
  return whole.empty() ? "/" : whole;
}

}  // namespace

std::string escaped_in_query(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                          (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
    result += is_plain ? std::string(1, letter)
                       : base::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return result;
}

std::optional<ParsedTarget> parse_target(std::string_view text) {
  const size_t mark = text.find('?');
  const std::optional<std::string> name = path(text.substr(0, mark));
  if (!name) return std::nullopt;
  ParsedTarget target{.path = *name, .query = {}};
  if (mark == std::string_view::npos) return target;
  for (const std::string& pair : base::split(text.substr(mark + 1), '&')) {
    const size_t equals = pair.find('=');
    const auto key = decoded(pair.substr(0, equals), Plus::space);
    const auto value =
        equals == std::string::npos ? std::string() : decoded(pair.substr(equals + 1), Plus::space);
    if (!key || !value || has_control(*key) || has_control(*value)) return std::nullopt;
    if (!key->empty()) target.query[*key] = *value;
  }
  return target;
}

}  // namespace lorahub::net
