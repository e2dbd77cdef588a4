#include "lora/module_card.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "lora/peft.hpp"
#include "study/document.hpp"
#include "study/trial.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

namespace {

struct CardEntry {
  const char* name;
  std::string ModuleCard::*value;
};
constexpr CardEntry kFields[] = {{"task", &ModuleCard::task},
                                 {"data", &ModuleCard::data},
                                 {"prompt", &ModuleCard::prompt},
                                 {"provenance", &ModuleCard::provenance},
                                 {"contamination", &ModuleCard::contamination},
                                 {"recipe", &ModuleCard::recipe}};

const std::set<std::string> kWritten{"base_model", "library_name", "tags", "lorahub"};
constexpr const char* kOwnTag = "lorahub";

// Between the first line, `---`, and the next one like it; "" where there is none.
std::string front_matter(const std::string& text) {
  const std::string fence = "---\n";
  if (!text.starts_with(fence)) return "";
  const size_t end = text.find("\n" + fence.substr(0, 3), fence.size() - 1);
  return end == std::string::npos ? "" : text.substr(fence.size(), end - fence.size() + 1);
}

// One word, or the words of a list.
std::string words(const study::Value& value) {
  if (value.node.IsScalar()) return value.node.Scalar();
  std::vector<std::string> all;
  for (const study::Value& item : study::items(value)) all.push_back(study::scalar(item));
  return base::join(all, ", ");
}

SelfTest self_test(const study::Value& value) {
  SelfTest test;
  for (const study::Entry& entry : study::entries(value)) {
    if (entry.key == "input") test.input = entry.value.node.Scalar();
    if (entry.key == "target") test.target = entry.value.node.Scalar();
    if (entry.key == "answer") test.answer = entry.value.node.Scalar();
    if (entry.key == "max_tokens")
      test.max_tokens = study::integer(entry.value, {.least = 1, .most = study::kMostOfMany});
  }
  if (test.input.empty()) study::fail_at(value, "a self_test needs an input and an answer");
  return test;
}

void read_own(const study::Value& mapping, ModuleCard& card) {
  for (const study::Entry& entry : study::entries(mapping)) {
    if (entry.key == "self_test")
      for (const study::Value& test : study::items(entry.value))
        card.tests.push_back(self_test(test));
    for (const CardEntry& field : kFields)
      if (entry.key == field.name) card.*field.value = words(entry.value);
  }
}

std::string quoted(const std::string& text) {  // a JSON string is a YAML one
  return base::json_text(nlohmann::json(text));
}

// A word as it stood, where it can stand so within brackets: a plain `true` or `1.5` is none of the
// texts "true" and "1.5".
std::string word(const study::Node& node) {
  const std::string& text = node.Scalar();
  const bool is_plain =
      node.Tag() == "?" && !text.empty() && text.find_first_of(",[]{}#\n") == std::string::npos;
  return is_plain ? text : quoted(text);
}

// The value as YAML on one line.
std::string on_one_line(const study::Node& node) {
  if (node.IsScalar()) return word(node);
  std::vector<std::string> parts;
  if (node.IsSequence()) {
    for (const auto& item : node) parts.push_back(on_one_line(item));
    return "[" + base::join(parts, ", ") + "]";
  }
  if (!node.IsMap()) return "null";
  for (const auto& pair : node)
    parts.push_back(on_one_line(pair.first) + ": " + on_one_line(pair.second));
  return "{" + base::join(parts, ", ") + "}";
}

void read_tags(const study::Node& node, ModuleCard& card) {
  for (const auto& item : node)
    if (item.IsScalar() && item.Scalar() != card.tag && item.Scalar() != kOwnTag)
      card.tags.push_back(item.Scalar());
}

std::string tags_line(const ModuleCard& card) {
  std::vector<std::string> all;
  for (const std::string& tag : card.tags) all.push_back(quoted(tag));
  if (!card.tag.empty()) all.push_back(card.tag);
  all.emplace_back(kOwnTag);
  return "tags: [" + base::join(all, ", ") + "]\n";
}

}  // namespace

ModuleCard read_card(const fs::path& folder) {
  const fs::path file = folder / kCardFile;
  if (!fs::is_regular_file(file)) return {};
  try {
    return parse_card(base::read_file(file), file);
  } catch (const base::Error& error) {
    return {.problem = error.what()};
  }
}

ModuleCard parse_card(const std::string& text, const fs::path& file) {
  ModuleCard card;
  try {
    const std::string front = front_matter(text);
    if (front.empty()) return card;
    const study::Value whole = study::parse_document(front, file);
    std::string datasets;
    for (const study::Entry& entry : study::entries(whole)) {
      if (entry.key == "base_model") card.base = words(entry.value);
      if (entry.key == "datasets") datasets = words(entry.value);
      if (entry.key == "lorahub") read_own(entry.value, card);
      if (entry.key == "tags" && entry.value.node.IsSequence()) read_tags(entry.value.node, card);
      if (!kWritten.contains(entry.key))
        card.others += base::format("{}: {}\n", entry.key, on_one_line(entry.value.node));
    }
    if (card.data.empty()) card.data = datasets;
  } catch (const base::Error& error) {
    card.problem = error.what();
  }
  return card;
}

std::string card_body(const fs::path& folder) {
  if (!fs::exists(folder / kCardFile)) return "";
  std::string text = base::read_file(folder / kCardFile);
  const size_t end = text.starts_with("---\n") ? text.find("\n---", 3) : std::string::npos;
  if (end == std::string::npos) return text;
  const size_t line = text.find('\n', end + 1);
  return line == std::string::npos ? "" : text.substr(line + 1);
}

void write_card(const fs::path& folder, const ModuleCard& card, const std::string& body) {
  std::string text = "---\n";
  if (!card.base.empty()) text += base::format("base_model: {}\n", quoted(card.base));
  text += card.others + base::format("library_name: {}\n", card.library) + tags_line(card) +
          "lorahub:\n";
  for (const CardEntry& field : kFields)
    if (!(card.*field.value).empty())
      text += base::format("  {}: {}\n", field.name, quoted(card.*field.value));
  if (!card.tests.empty()) text += "  self_test:\n";
  for (const SelfTest& test : card.tests)
    text += base::format("    - {{input: {}, answer: {}, {}max_tokens: {}}}\n", quoted(test.input),
                         quoted(test.answer),
                         test.target.empty() ? "" : "target: " + quoted(test.target) + ", ",
                         test.max_tokens);
  base::write_file(folder / kCardFile, text + "---\n" + body);
}

}  // namespace lorahub::lora
