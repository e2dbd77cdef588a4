#include <algorithm>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"
#include "task/stream.hpp"
#include "task/task.hpp"

namespace lorahub::task {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kRow =
    R"(one of {"context","completion"}, {"input","target"}, {"inputs","targets"}, as text)";
constexpr std::pair<const char*, const char*> kKeys[] = {
    {"context", "completion"}, {"input", "target"}, {"inputs", "targets"}};

std::string read_all(const std::filesystem::path& file) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    text = base::read_file(file);
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
}

// What is wrong with a row, or nothing and `row` is set.
std::optional<std::string> parse_row(const Json& json, Targets targets, Example& row) {
  if (!json.is_object()) return "the row is no JSON object";
  for (const auto& [input, target] : kKeys) {
    const auto at = json.find(input);
    if (at == json.end()) continue;
    if (!at->is_string()) return base::format("\"{}\" is no text", input);
    row.input = at->get<std::string>();
    const auto answer = json.find(target);
    if (answer == json.end() || answer->is_null()) {
      if (targets == Targets::optional) return std::nullopt;
      return base::format("\"{}\" is missing", target);
    }
    if (!answer->is_string()) return base::format("\"{}\" is no text", target);
    row.target = answer->get<std::string>();
    return std::nullopt;
  }
  return "the row has no input";
}

std::string called(const std::filesystem::path& file) {
  return file == "-" ? "standard input" : file.string();
}

std::vector<Example> read_lines(const std::string& text, const std::string& name, Targets targets) {
  std::vector<Example> rows;
  int number = 0;
  for (const std::string& line : base::split(text, '\n')) {
    ++number;
    if (base::strip(line).empty()) continue;
    rows.push_back(parse_line(line, base::format("{}:{}", name, number), targets));
  }
  return rows;
}

std::vector<Example> read_list(const Json& examples, const std::string& name, Targets targets) {
  base::check(
      examples.is_array(),
      "{}:1: \"examples\" is no list (a BBH file is {{\"examples\": [...]}}), write a list of {}",
      name, kRow);
  std::vector<Example> rows(examples.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto problem = parse_row(examples[i], targets, rows[i]);
    base::check(!problem, "{}: example {} of \"examples\" (counted from 0): {}, write {}", name, i,
                problem.value_or(""), kRow);
  }
  return rows;
}

[[noreturn]] void fail_whole(const std::string& text, const std::string& name) {
  size_t line = 1;
  try {
    [[maybe_unused]] const Json spoilt = Json::parse(base::shallow_json(text));
  } catch (const Json::parse_error& error) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
    line += static_cast<size_t>(std::count(text.begin(), end, '\n'));
  }
  base::fail(
      "{}:{}: the file is no valid JSON from here on (is it complete?), write one "
      "object {{\"examples\": [...]}} or one example a line",
      name, line);
}

}  // namespace

Example parse_line(const std::string& line, const std::string& place, Targets targets) {
  const Json json = Json::parse(base::shallow_json(line), nullptr, false);
  Example row;
  const auto problem = json.is_discarded() ? std::optional<std::string>("the line is no valid JSON")
                                           : parse_row(json, targets, row);
  base::check(!problem, "{}: {} (a task file holds one example a line), write {}", place,
              problem.value_or(""), kRow);
  return row;
}

// A BBH file that breaks off or is spoilt: its first line begins an object and does not end it.
bool begins_object(const std::string& text) {
  const std::string first = base::strip(std::string_view(text).substr(0, text.find('\n')));
  return first == "{" ||
         (first.starts_with("{") && first.find("\"examples\"") != std::string::npos) ||
         (first.starts_with("{") && first.find("\"canary\"") != std::string::npos);
}

std::vector<Example> parse_examples(const std::string& text, const std::string& name,
                                    Targets targets) {
  std::vector<Example> rows;
  const Json whole = Json::parse(base::shallow_json(text), nullptr, false);
  if (whole.is_object() && whole.contains("examples")) {
    rows = read_list(whole["examples"], name, targets);
  } else if (whole.is_discarded() && begins_object(text)) {
    fail_whole(text, name);
  } else {
    rows = read_lines(text, name, targets);
  }
  base::check(!rows.empty(),
              "{}: no examples in this file (nothing to learn from or to answer), write {}", name,
              kRow);
  return rows;
}

std::vector<Example> read_examples(const std::filesystem::path& file, Targets targets) {
  return parse_examples(read_all(file), called(file), targets);
}

}  // namespace lorahub::task
