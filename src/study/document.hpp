// YAML with places: every value knows its file and line, so that every error can name them.
#pragma once
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace lorahub::study {

// A handle whose `=` names another node; that of YAML::Node writes through into the document.
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
  int line = 0;                  // from 1; 0: not of a file
  std::filesystem::path folder;  // where relative paths in it start

  std::string where() const { return line > 0 ? base::format("{}:{}", file, line) : file; }
};

struct Entry {
  std::string key;
  Value value;  // its line is the key's
};

template <class... Args>
[[noreturn]] void fail_at(const Value& value, fmt::format_string<Args...> message, Args&&... args) {
  throw base::Error(value.where() + ": " + fmt::format(message, std::forward<Args>(args)...));
}

// A file that is one mapping. Error when it is missing (`what` it was to be), no YAML, or no
// mapping.
Value read_document(const std::filesystem::path& file, const std::string& what);

// YAML that stands in `file`.
Value parse_document(const std::string& text, const std::filesystem::path& file);
Value parse_setting(const std::pair<std::string, std::string>& setting);  // of --set

std::vector<Entry> entries(const Value& mapping);  // Error: no mapping, a key twice
std::vector<Value> items(const Value& list);       // Error: no list, or an empty one

std::string scalar(const Value& value);  // Error when it is a list, a mapping or nothing

// A relative path of a YAML file, made absolute; an empty one stays empty.
std::filesystem::path located(const std::string& path, const Value& value);

}  // namespace lorahub::study
