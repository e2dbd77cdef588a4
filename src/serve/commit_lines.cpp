#include "serve/commit_lines.hpp"

#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/check.hpp"
#include "base/json_names.hpp"
#include "base/nesting.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;

constexpr size_t kShown = 60;  // bytes of a name in a message

const std::string& text(const json& value, const char* key, int line) {
  const auto found = value.find(key);
  base::check(found != value.end() && found->is_string(),
              "line {} of the commit has no text as `{}`, send it as huggingface_hub does", line,
              key);
  return found->get_ref<const std::string&>();
}

std::string content(const json& value, int line) {
  const std::string encoding =
      value.contains("encoding") ? text(value, "encoding", line) : "base64";
  base::check(encoding == "base64" || encoding == "utf-8",
              "line {} of the commit has a file in the encoding '{}' (base64 and utf-8 are "
              "understood), send it in Base64",
              line, base::shortened(base::printable_line(encoding), kShown));
  const std::string& given = text(value, "content", line);
  if (encoding == "utf-8") return given;
  std::optional<std::string> bytes = base::from_base64(given);
  base::check(bytes.has_value(), "line {} of the commit holds no Base64, send the file again",
              line);
  return std::move(*bytes);
}

[[noreturn]] void refuse_key(const std::string& key, int line) {
  if (key == "lfsFile")
    base::fail(
        "line {} of the commit names a file in Git LFS (this service takes files within the "
        "commit), upload it with huggingface_hub's upload_folder",
        line);
  base::fail(
      "line {} of the commit has the key '{}' (files are written and deleted one by one "
      "here), send `file` or `deletedFile`",
      line, base::shortened(base::printable_line(key), kShown));
}

}  // namespace

std::string read_commit(std::string_view lines, const CommitActions& actions) {
  std::string parent;
  int number = 0;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const json object = json::parse(base::shallow_json(line), nullptr, false);
    const auto value = object.is_object() ? object.find("value") : object.end();
    base::check(object.is_object() && value != object.end() && value->is_object(),
                "line {} of the commit is no JSON object with a key and a value, send it as "
                "huggingface_hub does",
                number);
    if (const auto twice = base::name_given_twice(line))
      base::fail("line {} of the commit has `{}` twice (only one could count), send it once",
                 number, base::shortened(base::printable_line(*twice), kShown));
    const std::string key = text(object, "key", number);
    if (key == "header") {
      if (value->contains("parentCommit")) parent = text(*value, "parentCommit", number);
    } else if (key == "file") {
      actions.write(text(*value, "path", number), content(*value, number));
    } else if (key == "deletedFile") {
      actions.remove(text(*value, "path", number));
    } else {
      refuse_key(key, number);
    }
  }
  return parent;
}

}  // namespace lorahub::serve
