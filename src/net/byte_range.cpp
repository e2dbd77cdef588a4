#include "net/byte_range.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "base/text.hpp"

namespace lorahub::net {
namespace {

constexpr std::string_view kUnit = "bytes=";

struct FirstAndLast {
  size_t first = 0, last = 0;
};

// "3-5", "3-" (to the end) or "-5" (the last five) of so many bytes; nothing for other text. An
// impossible range has first > last.
std::optional<FirstAndLast> parse(std::string_view text, size_t size) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos || size == 0) return std::nullopt;
  const auto first = base::number<size_t>(text.substr(0, dash)),
             last = base::number<size_t>(text.substr(dash + 1));
  if (!first && dash != 0) return std::nullopt;
  if (!last && dash + 1 != text.size()) return std::nullopt;
  if (!first && !last) return std::nullopt;
  if (!first)
    return FirstAndLast{.first = *last >= size ? 0 : size - *last,
                        .last = *last == 0 ? 0 : size - 1};
  return FirstAndLast{.first = *first, .last = last ? std::min(*last, size - 1) : size - 1};
}

}  // namespace

HttpResponse ranged(const HttpRequest& request, HttpResponse whole) {
  whole.fields.emplace_back("Accept-Ranges", "bytes");
  const std::string asked = request.field("range");
  if (!asked.starts_with(kUnit) || whole.status != 200) return whole;
  const size_t size = whole.content().size();
  const std::optional<FirstAndLast> range =
      parse(std::string_view(asked).substr(kUnit.size()), size);
  if (!range) return whole;
  if (range->first > range->last || range->first >= size) {
    HttpResponse none = refusal(416, "The file has no such bytes.");
    none.fields.emplace_back("Content-Range", base::format("bytes */{}", size));
    return none;
  }
  whole.status = 206;
  whole.fields.emplace_back("Content-Range",
                            base::format("bytes {}-{}/{}", range->first, range->last, size));
  whole.first = range->first;
  whole.count = range->last - range->first + 1;
  return whole;
}

}  // namespace lorahub::net
