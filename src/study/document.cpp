#include "study/document.hpp"

#include <yaml-cpp/eventhandler.h>

#include <cmath>
#include <limits>
#include <map>
#include <sstream>

#include "base/files.hpp"
#include "study/yaml_text.hpp"

namespace lorahub::study {

namespace fs = std::filesystem;

namespace {

Value child(const Value& parent, const YAML::Node& node, const YAML::Node& marked) {
  const int line =
      parent.line > 0 && !marked.Mark().is_null() ? marked.Mark().line + 1 : parent.line;
  return {.node = node,
          .file = parent.file,
          .line = line,
          .folder = parent.folder,
          .knob = parent.knob};
}

// Notes where documents begin.
struct Beginnings : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  std::vector<YAML::Mark> marks;
};

// Of the first three documents at most: YAML::LoadAll() never ends at a comma that is in no list,
// where yaml-cpp sees documents of nothing without end, all at the same place.
std::vector<YAML::Mark> beginnings(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Beginnings found;
  while (found.marks.size() < 3 && parser.HandleNextDocument(found)) {
  }
  const std::vector<YAML::Mark>& marks = found.marks;
  if (marks.size() > 1 && marks.back().pos == marks[marks.size() - 2].pos)
    throw YAML::ParserException(marks.back(), "a comma that is in no list");
  return marks;
}

// The line on which a second document begins.
int line_of_second(const std::string& text, const YAML::Mark& second) {
  int line = 0;
  bool content = false;
  for (const std::string& words : base::split(text, '\n')) {
    ++line;
    const bool marker = words.starts_with("---") || words.starts_with("...");
    if (marker && content) return line;
    content =
        content || marker || (!base::strip(words).empty() && words[0] != '#' && words[0] != '%');
  }
  return second.line + 1;
}

// What yaml-cpp says of the commonest mistakes, in words of those who made them.
std::string in_plain_words(const std::string& said) {
  if (said.starts_with("illegal map value"))
    return "a second ': ' in one line; a text that holds one needs quotes";
  if (said.starts_with("end of map flow")) return "a { is not closed";
  if (said.starts_with("end of sequence flow")) return "a [ is not closed";
  if (said.starts_with("end of map")) return "keys of one level begin in different columns";
  return said;
}

Value parse(const std::string& text, Value place) {
  const bool in_file = place.line > 0;
  if (const auto wrong = misfit(text)) {
    if (in_file) place.line = wrong->line;
    fail_at(place, "{}", wrong->problem);
  }
  try {
    const std::vector<YAML::Mark> documents = beginnings(text);
    if (documents.size() > 1) {
      if (in_file) place.line = line_of_second(text, documents[1]);
      fail_at(place,
              "a second document begins here (only one is read), write it in a file of its own");
    }
    place.node = documents.empty() ? YAML::Node() : YAML::Load(text);
  } catch (const YAML::Exception& error) {
    if (place.line > 0) place.line = error.mark.is_null() ? 1 : error.mark.line + 1;
    fail_at(place, "not valid YAML ({}), mend this line or the one above",
            in_plain_words(error.msg));
  }
  return place;
}

// "?" and "!" are what the parser writes for plain and quoted words.
void check_untagged(const Value& value) {
  const std::string& tag = value.node.Tag();
  if (!tag.empty() && tag != "?" && tag != "!")
    fail_at(value, "the tag '{}' is not read (values are told by their key), drop it", tag);
}

}  // namespace

Value read_document(const fs::path& file, const DocumentKind& kind) {
  base::check(!fs::is_directory(file), "{}: is a folder, name the {} in it", file.string(),
              kind.name);
  base::check(fs::exists(file), "{}: no such {}, name a YAML file that exists (see {})",
              file.string(), kind.name, kind.examples);
  Value value = parse_document(base::read_file(file), file);
  if (!value.node.IsMap())
    fail_at(value, "the {} is not a list of `key: value` lines, write for example `{}` (see {})",
            kind.name, kind.line, kind.examples);
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
  check_untagged(mapping);
  if (!mapping.node.IsMap()) fail_at(mapping, "expected `key: value` pairs, not a list or a word");
  std::vector<Entry> list;
  std::map<std::string, int> lines;
  for (const auto& pair : mapping.node) {
    Entry entry{.key = "", .value = child(mapping, pair.second, pair.first)};
    if (!pair.first.IsScalar()) fail_at(entry.value, "a key must be one word, not a list");
    entry.key = pair.first.Scalar();
    if (entry.key == "<<")
      fail_at(entry.value,
              "merge keys (<<) are not read (what would they bring?), write the keys out");
    const auto [first, is_new] = lines.emplace(entry.key, entry.value.line);
    if (!is_new)
      fail_at(entry.value, "'{}' is given twice (the first time on line {}), keep one of them",
              entry.key, first->second);
    list.push_back(std::move(entry));
  }
  return list;
}

std::vector<Value> items(const Value& list) {
  check_untagged(list);
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
  check_untagged(value);
  return value.node.Scalar();
}

bool is_list(const Value& value) { return value.node.IsSequence(); }

bool has_leading_zero(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  return number.size() > 1 && number[0] == '0' && number[1] >= '0' && number[1] <= '9';
}

int integer(const Value& value, Limits limits) {
  const auto n = number<int64_t>(value, "a whole number");
  if (n < limits.least)
    fail_at(value, "{}{} is too small, it must be at least {}", value.called(), n, limits.least);
  if (n > limits.most)
    fail_at(value, "{}{} is too large, it must be at most {}", value.called(), n, limits.most);
  return static_cast<int>(n);
}

double real(const Value& value, Range range) {
  const auto x = number<double>(value, "a number");
  if (!std::isfinite(x))
    fail_at(value, "{}'{}' is not a finite number", value.called(), scalar(value));
  if (std::abs(x) > std::numeric_limits<float>::max())
    fail_at(value, "{}{} is beyond the numbers of f32, which models compute in", value.called(),
            scalar(value));
  if ((range == Range::positive || range == Range::fraction) && x <= 0)
    fail_at(value, "{}{} is too small, it must be above 0", value.called(), scalar(value));
  if ((range == Range::from_zero || range == Range::rate) && x < 0)
    fail_at(value, "{}{} is too small, it must be at least 0", value.called(), scalar(value));
  if (range == Range::rate && x >= 1)
    fail_at(value, "{} is too large, a rate of dropout is below 1", shortest(x));
  if (range == Range::fraction && x > 1)
    fail_at(value, "{}{} is too large, a share is at most 1", value.called(), scalar(value));
  return x;
}

uint64_t seed(const Value& value) {
  return number<uint64_t>(value, "a seed, it must be a whole number of at least 0");
}

fs::path located(const std::string& path, const Value& value) {
  return path.empty() ? fs::path() : (value.folder / path).lexically_normal();
}

std::string located_or_name(const Value& value) {
  const std::string text = scalar(value);
  std::string folder = located(text, value).string();
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  std::error_code unreadable;
  const bool is_path = text.starts_with('/') || text.starts_with('.') ||
                       (!text.empty() && fs::is_directory(folder, unreadable));
  return is_path ? folder : text;
}

}  // namespace lorahub::study
