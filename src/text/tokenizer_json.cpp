#include "text/tokenizer_json.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/check.hpp"
#include "text/added_token_json.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::text {
namespace {

using Json = nlohmann::json;

class TokenizerReader {
 public:
  TokenizerReader(const std::filesystem::path& file, TokenizerClass by)
      : file_(file),
        by_(by),
        json_(Json::parse(read_tokenizer_json_text(file), nullptr, /*allow_exceptions=*/false)) {
    check_tokenizer_json(file, json_.is_object(),
                         json_.contains("version") ? json_["version"].dump() : "");
  }

  TokenizerJson read() const {
    for (const auto& [key, value] : json_.items()) {
      const bool known =
          is_one_of(key, {"version", "truncation", "padding", "added_tokens", "model", "normalizer",
                          "pre_tokenizer", "post_processor", "decoder"});
      if (!known) refuse(base::format("\"{}\"", key));
    }
    TokenizerJson read{.model = model(), .added = added(), .end = end()};
    read.model.charsmap = charsmap();
    check_splitting();
    check_decoder();
    return read;
  }

 private:
  static bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
  }

  // `what` is a part of the file by its name.
  [[noreturn]] void refuse(const std::string& what) const {
    base::fail(
        "{}: {} is not as T5's tokenizer has it (text would be cut into other tokens than "
        "transformers gives), use the tokenizer files that came with the model",
        file_.string(), what);
  }

  const Json& at(const char* key) const {
    static const Json none;
    const auto found = json_.find(key);
    return found == json_.end() ? none : *found;
  }

  static std::string type_of(const Json& part) {
    if (!part.is_object() || !part.contains("type") || !part["type"].is_string()) return "";
    return part["type"].get<std::string>();
  }

  // "the pre-tokenizer ByteLevel"
  static std::string named(const char* kind, const Json& part) {
    const std::string type = type_of(part);
    return type.empty() ? base::format("the {}", kind) : base::format("the {} {}", kind, type);
  }

  PieceModel model() const {
    const Json& model = at("model");
    if (type_of(model) != "Unigram" || !model.contains("vocab") || !model["vocab"].is_array())
      refuse(named("model", model));
    for (const auto& [key, value] : model.items()) {
      const bool as_t5 = is_one_of(key, {"type", "vocab"}) ||
                         (key == "unk_id" && value == kT5Unknown) ||
                         (key == "byte_fallback" && value == false) || value.is_null();
      if (!as_t5) refuse(base::format("\"{}\" of the model", key));
    }
    PieceModel read;
    read.unknown = kT5Unknown;
    for (const Json& piece : model["vocab"]) read.pieces.push_back(this->piece(piece));
    if (read.pieces.size() <= kT5Unknown) refuse("the model's \"vocab\"");
    return read;
  }

  VocabularyPiece piece(const Json& pair) const {
    const bool is_pair =
        pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_number();
    if (!is_pair || !std::isfinite(pair[1].get<double>()))
      refuse("the model's \"vocab\" (pairs of a text and a number)");
    return {.text = pair[0].get<std::string>(), .score = pair[1].get<double>()};
  }

  std::vector<AddedToken> added() const {
    std::vector<AddedToken> all;
    if (!at("added_tokens").is_array()) refuse("\"added_tokens\"");
    for (const Json& fields : at("added_tokens")) {
      AddedToken token = read_added_token(fields, file_);
      const auto id = fields.find("id");
      if (id == fields.end() || !id->is_number_unsigned())
        refuse(base::format("the id of the added token '{}'", token.content));
      token.id = id->get<int64_t>();
      all.push_back(std::move(token));
    }
    return all;
  }

  // T5Tokenizer takes the first compiled normaliser alone. Of the steps that older versions wrote
  // behind it, splitting at white space does the same.
  std::string charsmap() const {
    const Json& whole = at("normalizer");
    if (whole.is_null()) return "";
    const bool several = type_of(whole) == "Sequence" && whole.contains("normalizers") &&
                         whole["normalizers"].is_array();
    const Json steps = several ? whole["normalizers"] : Json::array({whole});
    if (several && by_ == TokenizerClass::backend && steps.size() != 1)
      refuse(named("normalizer", whole));
    std::string found;
    for (const Json& step : steps) {
      if (type_of(step) == "Precompiled" && found.empty())
        found = compiled(step);
      else if (by_ == TokenizerClass::backend || !only_tidies_spaces(step))
        refuse(named("normalizer", step));
    }
    return found;
  }

  std::string compiled(const Json& step) const {
    const auto text = step.find("precompiled_charsmap");
    const auto bytes = text != step.end() && text->is_string()
                           ? base::from_base64(text->get_ref<const std::string&>())
                           : std::nullopt;
    if (!bytes || bytes->empty()) refuse("\"precompiled_charsmap\" (base64 is needed)");
    return *bytes;
  }

  static bool only_tidies_spaces(const Json& step) {
    static const Json run = {{"Regex", " {2,}"}};
    if (type_of(step) != "Replace") return type_of(step) == "Strip";
    const Json content = step.value("content", Json());
    return step.value("pattern", Json()) == run && (content == kWordSign || content == " ");
  }

  // Metaspace that puts the sign of a word before each text.
  bool is_metaspace(const Json& part) const {
    if (type_of(part) != "Metaspace" || part.value("replacement", Json()) != kWordSign)
      return false;
    const Json scheme = part.value("prepend_scheme", Json("always"));
    const bool each = scheme == "always" || (by_ == TokenizerClass::t5 && scheme == "first");
    return each && part.value("add_prefix_space", Json(true)) == true &&
           part.value("split", Json(true)) == true;
  }

  void check_splitting() const {
    const Json& whole = at("pre_tokenizer");
    if (by_ == TokenizerClass::t5 && is_metaspace(whole)) return;
    const auto steps = whole.is_object() ? whole.find("pretokenizers") : whole.end();
    const bool two = type_of(whole) == "Sequence" && steps != whole.end() && steps->is_array() &&
                     steps->size() == 2;
    if (!two) refuse(named("pre-tokenizer", whole));
    if (type_of((*steps)[0]) != "WhitespaceSplit") refuse(named("pre-tokenizer", (*steps)[0]));
    if (!is_metaspace((*steps)[1])) refuse(named("pre-tokenizer", (*steps)[1]));
  }

  void check_decoder() const {
    if (!is_metaspace(at("decoder"))) refuse(named("decoder", at("decoder")));
  }

  // Of a post-processor that puts one token behind the text, that token's id.
  int64_t end() const {
    const Json& part = at("post_processor");
    const auto none = [&] { refuse(named("post-processor", part)); };
    if (type_of(part) != "TemplateProcessing") none();
    try {
      const Json& single = part.at("single");
      const auto name = single.at(1).at("SpecialToken").at("id").get<std::string>();
      const Json& ids = part.at("special_tokens").at(name).at("ids");
      if (single.size() != 2 || single.at(0).at("Sequence").at("id") != "A" || ids.size() != 1)
        none();
      return ids.at(0).get<int64_t>();
    } catch (const Json::exception&) {
      none();
    }
    return -1;
  }

  const std::filesystem::path& file_;
  TokenizerClass by_;
  Json json_;
};

}  // namespace

std::optional<TokenizerJson> read_tokenizer_json(const std::filesystem::path& file,
                                                 TokenizerClass by) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  return TokenizerReader(file, by).read();
}

}  // namespace lorahub::text
