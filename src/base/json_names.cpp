#include "base/json_names.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace lorahub::base {
namespace {

using nlohmann::json;

// Ends the reading at the first name that its object has already.
class NameReader : public nlohmann::json_sax<json> {
 public:
  bool start_object(size_t /*elements*/) override {
    open_.emplace_back();
    return true;
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool key(std::string& name) override {
    if (open_.back().insert(name).second) return true;
    twice = name;
    return false;
  }
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(int64_t /*value*/) override { return true; }
  bool number_unsigned(uint64_t /*value*/) override { return true; }
  bool number_float(double /*value*/, const std::string& /*text*/) override { return true; }
  bool string(std::string& /*value*/) override { return true; }
  bool binary(json::binary_t& /*value*/) override { return true; }
  bool start_array(size_t /*elements*/) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  std::optional<std::string> twice;

 private:
  std::vector<std::set<std::string>> open_;  // names of the objects that have not ended
};

}  // namespace

std::optional<std::string> name_given_twice(std::string_view text) {
  NameReader reader;
  json::sax_parse(text, &reader);
  return reader.twice;
}

}  // namespace lorahub::base
