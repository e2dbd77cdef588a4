#include "study/document.hpp"

#include <set>

#include "base/files.hpp"

namespace lorahub::study {

namespace fs = std::filesystem;

namespace {

Value child(const Value& parent, const YAML::Node& node, const YAML::Node& marked) {
  const int line =
      parent.line > 0 && !marked.Mark().is_null() ? marked.Mark().line + 1 : parent.line;
  return {.node = node, .file = parent.file, .line = line, .folder = parent.folder};
}

Value parse(const std::string& text, Value place) {
  try {
    place.node = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    if (place.line > 0) place.line = error.mark.is_null() ? 1 : error.mark.line + 1;
    fail_at(place, "not valid YAML ({}), mend this line or the one above", error.msg);
  }
  return place;
}

}  // namespace

Value read_document(const fs::path& file, const std::string& what) {
  base::check(fs::exists(file) && !fs::is_directory(file),
              "{}: no such {}, name a YAML file that exists (experiments/ holds some)",
              file.string(), what);
  Value value = parse_document(base::read_file(file), file);
  if (!value.node.IsMap())
    fail_at(value, "the {} is not a list of `key: value` lines, write for example `question: ...`",
            what);
  return value;
}

Value parse_document(const std::string& text, const fs::path& file) {
  return parse(
      text,
      {.node = {}, .file = file.string(), .line = 1, .folder = fs::absolute(file).parent_path()});
}

Value parse_setting(const std::pair<std::string, std::string>& setting) {
  return parse(
      setting.second,
      {.node = {}, .file = "--set " + setting.first, .line = 0, .folder = fs::current_path()});
}

std::vector<Entry> entries(const Value& mapping) {
  if (mapping.node.IsNull()) return {};
  if (!mapping.node.IsMap()) fail_at(mapping, "expected `key: value` pairs, not a list or a word");
  std::vector<Entry> list;
  std::set<std::string> seen;
  for (const auto& pair : mapping.node) {
    Entry entry{.key = "", .value = child(mapping, pair.second, pair.first)};
    if (!pair.first.IsScalar()) fail_at(entry.value, "a key must be one word, not a list");
    entry.key = pair.first.Scalar();
    if (!seen.insert(entry.key).second)
      fail_at(entry.value, "'{}' is given twice, keep one of them", entry.key);
    list.push_back(std::move(entry));
  }
  return list;
}

std::vector<Value> items(const Value& list) {
  if (!list.node.IsSequence()) fail_at(list, "expected a list such as [a, b], not one value");
  std::vector<Value> values;
  for (const auto& node : list.node) values.push_back(child(list, node, node));
  if (values.empty()) fail_at(list, "the list is empty, name at least one value");
  return values;
}

std::string scalar(const Value& value) {
  if (!value.node.IsScalar() || value.node.Scalar().empty())
    fail_at(value, "expected one value, not {}",
            value.node.IsSequence() ? "a list (lists of values belong under vary)"
            : value.node.IsMap()    ? "a mapping"
                                    : "nothing");
  return value.node.Scalar();
}

fs::path located(const std::string& path, const Value& value) {
  return path.empty() ? fs::path() : (value.folder / path).lexically_normal();
}

}  // namespace lorahub::study
