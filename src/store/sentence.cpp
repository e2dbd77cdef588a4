#include "store/sentence.hpp"

#include <algorithm>
#include <regex>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace lorahub::store {
namespace {

// What LibTorch, MPI and the C++ library write before a stack trace.
constexpr std::string_view kTraces[] = {"Exception raised from ",
                                        "\nframe #",
                                        "frame #0",
                                        "C++ CapturedTraceback",
                                        "Stack trace",
                                        "Backtrace",
                                        "[0x"};

std::string_view without_trace(std::string_view text) {
  for (const std::string_view trace : kTraces) text = text.substr(0, text.find(trace));
  return text;
}

// Cuts a text behind a whole character of UTF-8.
std::string cut(std::string text, size_t longest) {
  if (text.size() <= longest) return text;
  size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

}  // namespace

std::string sentence(std::string_view message, size_t longest) {
  std::string line;
  for (const char c : without_trace(message)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool blank = byte < 0x20 || byte == 0x7F;
    if (blank ? !line.empty() && line.back() != ' ' : true) line += blank ? ' ' : c;
  }
  static const std::regex kAddress("\\(?\\b0x[0-9a-fA-F]{6,16}\\b\\)?");
  line = cut(base::strip(line), 4 * longest);  // a regular expression of a long text is slow
  return cut(base::printable_line(base::strip(std::regex_replace(line, kAddress, ""))), longest);
}

}  // namespace lorahub::store
