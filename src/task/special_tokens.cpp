#include "task/special_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"

namespace lorahub::task {
namespace {

using Json = nlohmann::json;

Json read_json(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return Json::object();
  Json json = Json::parse(base::shallow_json(base::read_file(file)), nullptr, false);
  base::check(json.is_object(),
              "{}: no JSON object (special tokens would be unknown), copy the file again",
              file.string());
  return json;
}

// {"content": "</s>", "special": true, ...}
void add(const Json& token, int64_t id, std::vector<SpecialToken>& found) {
  if (!token.is_object() || !token.value("special", false) || id < 0) return;
  const auto content = token.find("content");
  if (content == token.end() || !content->is_string() || content->get<std::string>().empty())
    return;
  const auto known = std::find_if(found.begin(), found.end(),
                                  [&](const SpecialToken& t) { return t.text == *content; });
  if (known == found.end()) found.push_back({content->get<std::string>(), id});
}

int64_t integer(const std::string& text) {
  int64_t value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::vector<Piece> sentinels(const PieceModel& model, const std::filesystem::path& folder) {
  const Json config = read_json(folder / "tokenizer_config.json");
  const auto at = config.find("extra_ids");
  const int count = at != config.end() && at->is_number_integer() ? at->get<int>() : 100;
  std::vector<Piece> out;
  for (int i = count - 1; i >= 0; --i) {
    const std::string text = base::format("<extra_id_{}>", i);
    const auto same = [&](const Piece& piece) { return piece.text == text; };
    if (std::none_of(model.pieces.begin(), model.pieces.end(), same)) out.push_back({text, 0});
  }
  return out;
}

std::vector<SpecialToken> special_tokens(const std::vector<Piece>& pieces,
                                         const std::filesystem::path& folder) {
  std::vector<SpecialToken> found;
  for (size_t id = 0; id < pieces.size(); ++id) {
    const std::string& text = pieces[id].text;
    if (text == "<pad>" || text == "</s>" || text == "<unk>" || text.starts_with("<extra_id_"))
      found.push_back({text, static_cast<int64_t>(id)});
  }
  const Json fast = read_json(folder / "tokenizer.json");
  if (const auto added = fast.find("added_tokens"); added != fast.end() && added->is_array())
    for (const Json& token : *added)
      if (token.is_object()) add(token, token.value("id", int64_t{-1}), found);
  const Json config = read_json(folder / "tokenizer_config.json");
  if (const auto added = config.find("added_tokens_decoder");
      added != config.end() && added->is_object())
    for (const auto& [id, token] : added->items()) add(token, integer(id), found);
  return found;
}

}  // namespace lorahub::task
