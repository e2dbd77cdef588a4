// The names within JSON objects: readers of JSON take the last value of a name that stands twice,
// in silence.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lorahub::base {

// Sees the names of a text as nlohmann's parser reads it:
//   JsonNames names;
//   const json value = json::parse(text, std::ref(names));
class JsonNames {
 public:
  template <class Event, class Json>
  bool operator()(int /*depth*/, Event event, const Json& parsed) {
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key) see(parsed.template get_ref<const std::string&>());
    return true;
  }

  // The first name that one object has twice. It counts where the whole text was JSON.
  const std::optional<std::string>& given_twice() const { return twice_; }

 private:
  void see(const std::string& name);

  std::vector<std::set<std::string>> open_;  // names of the objects that have not ended
  std::optional<std::string> twice_;
};

}  // namespace lorahub::base
