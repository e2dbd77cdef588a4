#include "base/json_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/file_kind.hpp"
#include "base/nesting.hpp"

namespace lorahub::base {
namespace {

using nlohmann::json;

std::ptrdiff_t line_of(const std::string& text, size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), byte));
  return 1 + std::count(text.begin(), end, '\n');
}

// Why the text is no JSON, in brackets or as a clause.
std::string reason(const std::string& text) {
  if (const std::string kind = seems_to_be(text); !kind.empty()) return kind;
  if (first_not_utf8(text))
    return " (it holds bytes that are not UTF-8: save it as UTF-8 if it is of another encoding)";
  return " (the file is damaged or cut short)";
}

}  // namespace

std::string read_json_object(const Path& file, std::string_view advice) {
  std::string text = read_file(file);
  try {
    check(json::parse(shallow_json(text)).is_object(), "{}: is not a JSON object, {}",
          file.string(), advice);
    return text;
  } catch (const json::parse_error& error) {
    const size_t place = first_not_utf8(text).value_or(error.byte);
    fail("{}:{}: is not JSON{}, {}", file.string(), line_of(text, place), reason(text), advice);
  } catch (const json::exception& error) {  // a number beyond the range of double, say
    fail("{}: can't be read ({}), {}", file.string(), error.what(), advice);
  }
}

}  // namespace lorahub::base
