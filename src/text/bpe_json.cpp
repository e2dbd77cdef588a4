#include "text/bpe_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/check.hpp"
#include "text/added_token_json.hpp"
#include "text/tokenizer_files.hpp"
#include "text/unicode.hpp"

namespace lorahub::text {
namespace {

using Json = nlohmann::json;

class BpeJsonReader {
 public:
  explicit BpeJsonReader(const std::filesystem::path& file)
      : file_(file),
        json_(Json::parse(read_tokenizer_json_text(file), nullptr, /*allow_exceptions=*/false)) {
    check_tokenizer_json(file, json_.is_object(),
                         json_.contains("version") ? json_["version"].dump() : "");
  }

  BpeJson read() {
    check_keys(json_,
               {"version", "truncation", "padding", "added_tokens", "model", "normalizer",
                "pre_tokenizer", "post_processor", "decoder"},
               "the file");
    read_model();
    read_added();
    add_normaliser(at(json_, "normalizer"));
    read_words();
    add_decoder(at(json_, "decoder"));
    if (read_.decoder.empty()) refuse("a file without a decoder");
    add_around(at(json_, "post_processor"));
    return std::move(read_);
  }

 private:
  // --- How the file is refused

  // `what` is a part of the file, by its name.
  [[noreturn]] void refuse(const std::string& what) const {
    base::fail(
        "{}: {} is not known here (text would be cut into other tokens than the model was trained "
        "with), use a model whose tokenizer is GPT-2's, Llama's, Mistral's or Qwen2's",
        file_.string(), what);
  }
  [[noreturn]] void contradict(const std::string& what) const {
    base::fail(
        "{}: {} (text would be cut into other tokens than the model was trained with), copy the "
        "file again",
        file_.string(), what);
  }

  static std::string brief(const Json& value) {
    constexpr size_t kMost = 100;
    const std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true);
    return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
  }

  static bool is_among(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
  }

  void check_keys(const Json& part, std::initializer_list<std::string_view> known,
                  const std::string& name) const {
    for (const auto& [key, value] : part.items())
      if (!is_among(key, known)) refuse(base::format("\"{}\" of {}", key, name));
  }

  // --- Values of parts

  static const Json& at(const Json& part, const char* key) {  // null where there is none
    static const Json none;
    const auto found = part.find(key);
    return found == part.end() ? none : *found;
  }

  std::string text_of(const Json& part, const char* key, const std::string& name) const {
    if (!at(part, key).is_string()) refuse(base::format("{} without a text \"{}\"", name, key));
    return at(part, key).get<std::string>();
  }

  std::string letter_of(const Json& part, const char* key, const std::string& name) const {
    const std::string text = text_of(part, key, name);
    std::string_view rest = text;
    if (!rest.empty()) take(rest);
    if (text.empty() || !rest.empty())
      refuse(base::format("{} with a \"{}\" that is no one letter", name, key));
    return text;
  }

  bool flag_of(const Json& part, const char* key, bool absent) const {
    const Json& value = at(part, key);
    if (value.is_null()) return absent;
    if (!value.is_boolean()) refuse(base::format("\"{}\": {}", key, brief(value)));
    return value.get<bool>();
  }

  int count_of(const Json& part, const char* key) const {
    constexpr int kMost = 1 << 24;
    const Json& value = at(part, key);
    if (!value.is_number_unsigned() || value > kMost)
      refuse(base::format("\"{}\": {}", key, brief(value)));
    return value.get<int>();
  }

  // The type of a part that is an object; "" where the part is null.
  std::string type_of(const Json& part, const char* kind) const {
    if (part.is_null()) return "";
    if (!part.is_object() || !at(part, "type").is_string())
      refuse(base::format("the {} {}", kind, brief(part)));
    return part["type"].get<std::string>();
  }

  const Json& steps_of(const Json& part, const char* key) const {
    if (!at(part, key).is_array()) refuse(base::format("a sequence without a list \"{}\"", key));
    return part[key];
  }

  // {"String": "x"}
  std::string plain_pattern(const Json& part, const std::string& name) const {
    const Json& pattern = at(part, "pattern");
    if (!pattern.is_object() || pattern.size() != 1 || at(pattern, "String") == Json("") ||
        !at(pattern, "String").is_string())
      refuse(base::format("the pattern {} of {}", brief(pattern), name));
    return pattern["String"].get<std::string>();
  }

  // --- The model

  void read_model() {
    const Json& model = at(json_, "model");
    if (!model.is_object()) refuse("a file without a model");
    check_keys(model,
               {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
                "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"},
               "the model");
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix", "dropout"}) {
      const Json& value = at(model, key);
      if (!value.is_null() && value != "" && value != 0)
        refuse(base::format("\"{}\": {} of the model", key, brief(value)));
    }
    read_.model.joins_unknown = flag_of(model, "fuse_unk", /*absent=*/false);
    read_.model.byte_fallback = flag_of(model, "byte_fallback", /*absent=*/false);
    read_.model.ignores_merges = flag_of(model, "ignore_merges", /*absent=*/false);
    read_vocabulary(at(model, "vocab"));
    read_unknown(at(model, "unk_token"));
    read_merges(at(model, "merges"));
  }

  void read_vocabulary(const Json& vocabulary) {
    if (!vocabulary.is_object() || vocabulary.empty())
      refuse("a model without a vocabulary (an object of texts and ids)");
    std::vector<std::string>& texts = read_.model.texts;
    const size_t most = 2 * vocabulary.size() + 1000;  // ids have few gaps
    for (const auto& [text, id] : vocabulary.items()) {
      if (!id.is_number_unsigned() || id >= most)
        contradict(base::format("the id of the token '{}' is {}", text, brief(id)));
      const auto place = id.get<size_t>();
      if (place >= texts.size()) texts.resize(place + 1);
      if (!texts[place].empty())
        contradict(base::format("'{}' and '{}' have the id {}", texts[place], text, place));
      texts[place] = text;
      ids_[text] = static_cast<int32_t>(place);
    }
  }

  void read_unknown(const Json& token) {
    if (token.is_null() || token == "") return;
    if (!token.is_string()) refuse(base::format("\"unk_token\": {}", brief(token)));
    const auto found = ids_.find(token.get<std::string>());
    if (found == ids_.end())
      contradict(base::format("the unknown token {} is not in the vocabulary", brief(token)));
    read_.model.unknown = found->second;
  }

  void read_merges(const Json& merges) {
    if (!merges.is_array()) refuse("a model without a list of merges");
    read_.model.merges.reserve(merges.size());
    for (size_t i = 0; i < merges.size(); ++i) {
      const auto [left, right] = pair_of(merges[i], i);
      read_.model.merges.push_back(
          {.left = id_of(left, i), .right = id_of(right, i), .joined = id_of(left + right, i)});
    }
  }

  // "a b", or ["a", "b"], where the texts may hold spaces.
  std::pair<std::string, std::string> pair_of(const Json& merge, size_t number) const {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
      return {merge[0].get<std::string>(), merge[1].get<std::string>()};
    if (merge.is_string()) {
      const auto& text = merge.get_ref<const std::string&>();
      const size_t space = text.find(' ');
      if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos)
        return {text.substr(0, space), text.substr(space + 1)};
    }
    contradict(base::format("merge {} is {}, which is no pair", number, brief(merge)));
  }

  int32_t id_of(const std::string& text, size_t number) const {
    const auto found = ids_.find(text);
    if (found == ids_.end())
      contradict(base::format("merge {} names '{}', which is not in the vocabulary", number, text));
    return found->second;
  }

  // --- Added tokens

  // Each has the id of the token of its text, or else the next free one.
  void read_added() {
    auto next = static_cast<int64_t>(ids_.size());
    ids_end_ = static_cast<int64_t>(read_.model.texts.size());
    const Json& list = at(json_, "added_tokens");
    if (list.is_null()) return;
    if (!list.is_array()) refuse("\"added_tokens\", which is no list,");
    for (const Json& fields : list) {
      AddedToken token = read_added_token(fields, file_);
      const auto known = ids_.find(token.content);
      token.id = known == ids_.end() ? next : known->second;
      if (at(fields, "id") != token.id)
        contradict(base::format("the added token '{}' has the id {} (it is token {})",
                                token.content, brief(at(fields, "id")), token.id));
      ids_[token.content] = static_cast<int32_t>(token.id);
      next = std::max(next, token.id + 1);
      ids_end_ = std::max(ids_end_, next);
      read_.added.push_back(std::move(token));
    }
  }

  void add_normaliser(const Json& part) {
    const std::string type = type_of(part, "normalizer");
    if (type == "Sequence")
      for (const Json& step : steps_of(part, "normalizers")) add_normaliser(step);
    else if (type == "NFC")
      add({.kind = NormaliserStep::Kind::nfc});
    else if (type == "Prepend")
      add({.kind = NormaliserStep::Kind::prepend,
           .to = text_of(part, "prepend", "the normalizer Prepend")});
    else if (type == "Replace")
      add({.kind = NormaliserStep::Kind::replace,
           .from = plain_pattern(part, "the normalizer Replace"),
           .to = text_of(part, "content", "the normalizer Replace")});
    else if (!type.empty())
      refuse("the normalizer " + type);
  }
  void add(NormaliserStep step) { read_.normaliser.push_back(std::move(step)); }

  void read_words() {
    const Json& part = at(json_, "pre_tokenizer");
    if (type_of(part, "pre-tokenizer") != "Sequence") return add_words(part);
    for (const Json& step : steps_of(part, "pretokenizers")) add_words(step);
  }

  void add_words(const Json& part) {
    const std::string type = type_of(part, "pre-tokenizer");
    if (type.empty()) return;
    PreTokenizer& words = read_.words;
    if (words.is_byte_level || words.signs)
      refuse(base::format("the pre-tokenizer {} behind one that ends the words", type));
    if (type == "Split")
      words.patterns.push_back(split_pattern(part));
    else if (type == "Digits")
      words.patterns.push_back(flag_of(part, "individual_digits", /*absent=*/false)
                                   ? SplitPattern::digits()
                                   : SplitPattern::numbers());
    else if (type == "ByteLevel")
      add_byte_level(part);
    else if (type == "Metaspace" && words.patterns.empty())
      words.signs = word_signs(part);
    else
      refuse("the pre-tokenizer " + type);
  }

  // The expressions that are known leave nothing between their matches, so that keeping the
  // matches alone ("Removed", inverted) is keeping all.
  SplitPattern split_pattern(const Json& part) const {
    const Json& pattern = at(part, "pattern");
    const Json& expression = pattern.is_object() ? at(pattern, "Regex") : pattern;
    const bool inverted = flag_of(part, "invert", /*absent=*/false);
    const auto known = pattern.is_object() && expression.is_string()
                           ? SplitPattern::of(expression.get_ref<const std::string&>())
                           : std::nullopt;
    if (!known) refuse(base::format("the pattern {} of the pre-tokenizer Split", brief(pattern)));
    const Json& behavior = at(part, "behavior");
    if (behavior != "Isolated" && !(behavior == "Removed" && inverted))
      refuse(base::format("the behavior {} of the pre-tokenizer Split", brief(behavior)));
    return *known;
  }

  void add_byte_level(const Json& part) {
    read_.words.is_byte_level = true;
    read_.words.adds_space = flag_of(part, "add_prefix_space", /*absent=*/true);
    if (flag_of(part, "use_regex", /*absent=*/true)) read_.words.words = SplitPattern::gpt2();
  }

  WordSigns word_signs(const Json& part) const {
    const Json scheme = part.value("prepend_scheme", Json("always"));
    if (scheme != "always" && scheme != "first" && scheme != "never")
      refuse(base::format("the prepend_scheme {} of Metaspace", brief(scheme)));
    if (flag_of(part, "add_prefix_space", /*absent=*/scheme != "never") != (scheme != "never"))
      refuse("an add_prefix_space of Metaspace that is not as its prepend_scheme");
    return {.sign = letter_of(part, "replacement", "Metaspace"),
            .before = scheme == "always"  ? WordSigns::Before::every_text
                      : scheme == "first" ? WordSigns::Before::first_text
                                          : WordSigns::Before::no_text,
            .splits = flag_of(part, "split", /*absent=*/true)};
  }

  void add_decoder(const Json& part) {
    const std::string type = type_of(part, "decoder");
    if (type == "Sequence")
      for (const Json& step : steps_of(part, "decoders")) add_decoder(step);
    else if (type == "ByteLevel")
      add({.kind = DecoderStep::Kind::byte_letters});
    else if (type == "ByteFallback")
      add({.kind = DecoderStep::Kind::byte_fallback});
    else if (type == "Fuse")
      add({.kind = DecoderStep::Kind::join});
    else if (type == "Replace")
      add({.kind = DecoderStep::Kind::replace,
           .from = plain_pattern(part, "the decoder Replace"),
           .to = text_of(part, "content", "the decoder Replace")});
    else if (type == "Strip")
      add({.kind = DecoderStep::Kind::strip,
           .from = letter_of(part, "content", "the decoder Strip"),
           .begin = count_of(part, "start"),
           .end = count_of(part, "stop")});
    else if (type == "Metaspace")
      add_sign_decoder(word_signs(part));
    else if (!type.empty())
      refuse("the decoder " + type);
  }
  void add(DecoderStep step) { read_.decoder.push_back(std::move(step)); }

  void add_sign_decoder(const WordSigns& signs) {
    if (signs.before == WordSigns::Before::no_text)
      add({.kind = DecoderStep::Kind::replace, .from = signs.sign, .to = " "});
    else
      add({.kind = DecoderStep::Kind::word_sign, .from = signs.sign});
  }

  void add_around(const Json& part) {
    const std::string type = type_of(part, "post-processor");
    if (type.empty() || type == "ByteLevel") return;  // ByteLevel changes offsets alone
    if (type == "Sequence")
      for (const Json& step : steps_of(part, "processors")) add_around(step);
    else if (type == "TemplateProcessing")
      add_template(part);
    else
      refuse("the post-processor " + type);
  }

  void add_template(const Json& part) {
    const auto unknown = [&] {
      refuse(base::format("the template {}", brief(at(part, "single"))));
    };
    Ids before, after;
    bool has_text = false;
    try {
      for (const Json& piece : part.at("single")) {
        if (piece.contains("Sequence")) {
          if (has_text || piece["Sequence"].at("id") != "A") unknown();
          has_text = true;
          continue;
        }
        const auto name = piece.at("SpecialToken").at("id").get<std::string>();
        for (const Json& id : part.at("special_tokens").at(name).at("ids"))
          (has_text ? after : before).push_back(known_id(id));
      }
    } catch (const Json::exception&) {
      unknown();
    }
    if (!has_text) unknown();
    read_.before.insert(read_.before.begin(), before.begin(), before.end());
    read_.after.insert(read_.after.end(), after.begin(), after.end());
  }

  int64_t known_id(const Json& id) const {
    if (!id.is_number_unsigned() || id >= ids_end_)
      contradict(base::format("its template names the token {}, which it lacks", brief(id)));
    return id.get<int64_t>();
  }

  const std::filesystem::path& file_;
  Json json_;
  BpeJson read_;
  std::unordered_map<std::string, int32_t> ids_;  // of the vocabulary, and then of added tokens
  int64_t ids_end_ = 0;                           // all ids are below
};

}  // namespace

BpeJson read_bpe_json(const std::filesystem::path& file) { return BpeJsonReader(file).read(); }

}  // namespace lorahub::text
