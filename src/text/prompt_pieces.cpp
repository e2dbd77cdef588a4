#include "text/prompt_pieces.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/json_file.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::text {
namespace {

using nlohmann::json;

constexpr const char* kShape =
    R"(write {"before": "...", "after": "...", "joiner": "...", "stop": ["..."]})";

std::string text_of(const json& value, const std::string& key, const std::string& file) {
  base::check(value.is_string(), "{}: {} is {} (a text is needed), {}", file, key, value.dump(),
              kShape);
  return value.get<std::string>();
}

bool truth_of(const json& value, const std::string& key, const std::string& file) {
  base::check(value.is_boolean(), "{}: {} is {} (true or false is needed), {}", file, key,
              value.dump(), kShape);
  return value.get<bool>();
}

std::vector<std::string> stops(const json& value, const std::string& file) {
  base::check(value.is_array(), "{}: stop is {} (a list of texts is needed), {}", file,
              value.dump(), kShape);
  std::vector<std::string> texts;
  for (const json& each : value) {
    texts.push_back(text_of(each, "an entry of stop", file));
    base::check(!texts.back().empty(),
                "{}: an entry of stop is empty (every answer would end before it begins), {}", file,
                kShape);
  }
  return texts;
}

}  // namespace

PromptPieces read_prompt_pieces(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kPromptFile;
  PromptPieces pieces;
  if (!std::filesystem::exists(path)) return pieces;
  const std::string file = path.string();
  const json fields = json::parse(base::read_json_object(path, kShape));
  for (const auto& [key, value] : fields.items()) {
    if (key == "before")
      pieces.before = text_of(value, key, file);
    else if (key == "after")
      pieces.after = text_of(value, key, file);
    else if (key == "joiner")
      pieces.joiner = text_of(value, key, file);
    else if (key == "stop")
      pieces.stop = stops(value, file);
    else if (key == "strip")
      pieces.strip = truth_of(value, key, file);
    else
      base::fail("{}: '{}' is not known here (prompts would be written otherwise), {}", file, key,
                 kShape);
  }
  return pieces;
}

}  // namespace lorahub::text
