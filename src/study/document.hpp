// YAML whose values know their file and line, so that every error can name them.
#pragma once
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/number.hpp"
#include "study/numbers.hpp"

namespace lorahub::study {

// A YAML::Node whose `=` makes it refer to another node; that of YAML::Node would change the
// document.
struct Node : YAML::Node {
  Node() = default;
  Node(const YAML::Node& other) : YAML::Node(other) {}
  Node(const Node&) = default;
  Node& operator=(const Node& other) {
    reset(other);
    return *this;
  }
};

struct Value {
  Node node;
  std::string file;              // as the user named it, or "--set KEY"
  int line = 0;                  // from 1; 0: the value is of no file
  std::filesystem::path folder;  // where relative paths in it start
  std::string knob = {};         // whose value it is; "": of none, or not known yet

  std::string where() const { return line > 0 ? base::format("{}:{}", file, line) : file; }
  // What stands before the number in a message, where the place does not name the knob.
  std::string called() const { return line > 0 && !knob.empty() ? knob + " " : ""; }
};

struct Entry {
  std::string key;
  Value value;  // its line is that of the key
};

template <class... Args>
[[noreturn]] void fail_at(const Value& value, fmt::format_string<Args...> message, Args&&... args) {
  throw base::Error(value.where() + ": " + fmt::format(message, std::forward<Args>(args)...));
}

// What a file should be, for the errors of read_document.
struct DocumentKind {
  std::string name;
  std::string line;      // one that such a file may have
  std::string examples;  // where some are found
};

// Reads a file that is one mapping. Error when it is missing, is no YAML or no mapping, when a
// second document follows in it, and for what misfit() finds.
Value read_document(const std::filesystem::path& file, const DocumentKind& kind);

// The same for text that stands in `file`.
Value parse_document(const std::string& text, const std::filesystem::path& file);
Value parse_setting(const std::pair<std::string, std::string>& setting);  // KEY=VALUE of --set

// Error for a value that is no mapping, a key given twice, a merge key (<<) and an explicit tag.
std::vector<Entry> entries(const Value& mapping);
std::vector<Value> items(const Value& list);  // Error: no list, an empty list, an explicit tag

// The text of a scalar. Error for a list, a mapping, nothing, or an explicit tag such as !!int.
std::string scalar(const Value& value);

bool is_list(const Value& value);

bool has_leading_zero(std::string_view number);  // as 010 or -007, unlike 0.5

// The whole scalar as a number. Error: "... is not <kind>".
template <class T>
T number(const Value& value, const char* kind) {
  const auto text = scalar(value);
  if (has_leading_zero(text))
    fail_at(value, "'{}' begins with a zero (is it octal?), write it without", text);
  const std::optional<T> out = base::number<T>(text);
  if (!out) fail_at(value, "{}'{}' is not {}", value.called(), text, kind);
  return *out;
}
int integer(const Value& value, Limits limits);  // Error outside the limits
double real(const Value& value, Range range);    // Error outside the range, or not finite
uint64_t seed(const Value& value);

// A relative path of a YAML file, made absolute; an empty one stays empty.
std::filesystem::path located(const std::string& path, const Value& value);
// The same for a folder that is there, or whose text begins with '/' or '.'; else the text as it
// is, a name of the Hugging Face cache.
std::string located_or_name(const Value& value);

}  // namespace lorahub::study
