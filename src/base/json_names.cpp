#include "base/json_names.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/nesting.hpp"

namespace lorahub::base {
namespace {

using nlohmann::json;

class NamesSeen {
 public:
  bool operator()(int /*depth*/, json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event == json::parse_event_t::key && !twice_ &&
        !open_.back().insert(parsed.get<std::string>()).second)
      twice_ = parsed.get<std::string>();
    return true;
  }
  const std::optional<std::string>& twice() const { return twice_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::optional<std::string> twice_;
};

}  // namespace

std::optional<std::string> name_given_twice(std::string_view text) {
  NamesSeen seen;
  const bool is_json =
      !json::parse(shallow_json(text), std::ref(seen), /*allow_exceptions=*/false).is_discarded();
  return is_json ? seen.twice() : std::nullopt;
}

}  // namespace lorahub::base
