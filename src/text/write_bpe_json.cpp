#include "text/write_bpe_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::text {
namespace {

using nlohmann::json;

// Several steps are a sequence of this type, by this name of the list.
json one_or_sequence(const std::vector<json>& steps, const char* list) {
  if (steps.empty()) return nullptr;
  if (steps.size() == 1) return steps.front();
  return {{"type", "Sequence"}, {list, steps}};
}

json replacement(const std::string& from, const std::string& to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

json written(const NormaliserStep& step) {
  switch (step.kind) {
    case NormaliserStep::Kind::nfc:
      return {{"type", "NFC"}};
    case NormaliserStep::Kind::prepend:
      return {{"type", "Prepend"}, {"prepend", step.to}};
    case NormaliserStep::Kind::replace:
      return replacement(step.from, step.to);
  }
  __builtin_unreachable();
}

json metaspace(const WordSigns& signs) {
  const char* scheme = signs.before == WordSigns::Before::every_text   ? "always"
                       : signs.before == WordSigns::Before::first_text ? "first"
                                                                       : "never";
  return {{"type", "Metaspace"},
          {"replacement", signs.sign},
          {"prepend_scheme", scheme},
          {"split", signs.splits}};
}

json written(const DecoderStep& step) {
  switch (step.kind) {
    case DecoderStep::Kind::byte_letters:
      return {{"type", "ByteLevel"},
              {"add_prefix_space", true},
              {"trim_offsets", true},
              {"use_regex", true}};
    case DecoderStep::Kind::replace:
      return replacement(step.from, step.to);
    case DecoderStep::Kind::byte_fallback:
      return {{"type", "ByteFallback"}};
    case DecoderStep::Kind::join:
      return {{"type", "Fuse"}};
    case DecoderStep::Kind::strip:
      return {{"type", "Strip"}, {"content", step.from}, {"start", step.begin}, {"stop", step.end}};
    case DecoderStep::Kind::word_sign:
      return metaspace({.sign = step.from});
  }
  __builtin_unreachable();
}

json written(const SplitPattern& pattern) {
  if (pattern.expression() == SplitPattern::digits().expression())
    return {{"type", "Digits"}, {"individual_digits", true}};
  if (pattern.expression() == SplitPattern::numbers().expression())
    return {{"type", "Digits"}, {"individual_digits", false}};
  return {{"type", "Split"},
          {"pattern", {{"Regex", pattern.expression()}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}

template <class Steps>
json all_written(const Steps& steps, const char* list) {
  std::vector<json> all;
  for (const auto& step : steps) all.push_back(written(step));
  return one_or_sequence(all, list);
}

json pre_tokenizer(const PreTokenizer& words) {
  std::vector<json> all;
  for (const SplitPattern& pattern : words.patterns) all.push_back(written(pattern));
  if (words.is_byte_level)
    all.push_back({{"type", "ByteLevel"},
                   {"add_prefix_space", words.adds_space},
                   {"trim_offsets", true},
                   {"use_regex", words.words.has_value()}});
  if (words.signs) all.push_back(metaspace(*words.signs));
  return one_or_sequence(all, "pretokenizers");
}

json added_tokens(const std::vector<AddedToken>& tokens) {
  json all = json::array();
  for (const AddedToken& token : tokens)
    all.push_back({{"id", token.id},
                   {"content", token.content},
                   {"single_word", token.single_word},
                   {"lstrip", token.lstrip},
                   {"rstrip", token.rstrip},
                   {"normalized", token.normalized},
                   {"special", token.special}});
  return all;
}

json model(const BpeModel& bpe) {
  json vocabulary = json::object(), merges = json::array();
  for (size_t id = 0; id < bpe.texts.size(); ++id)
    if (!bpe.texts[id].empty()) vocabulary[bpe.texts[id]] = id;
  const auto text = [&](int32_t id) { return bpe.texts[static_cast<size_t>(id)]; };
  for (const Merge& merge : bpe.merges)
    merges.push_back(json::array({text(merge.left), text(merge.right)}));
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", bpe.unknown < 0 ? json() : json(text(bpe.unknown))},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", bpe.joins_unknown},
          {"byte_fallback", bpe.byte_fallback},
          {"ignore_merges", bpe.ignores_merges},
          {"vocab", std::move(vocabulary)},
          {"merges", std::move(merges)}};
}

// What stands around one text, and around two.
json post_processor(const BpeJson& content) {
  if (content.before.empty() && content.after.empty()) return nullptr;
  json special = json::object();
  const auto text = [&](int64_t id) {
    const auto added = std::ranges::find(content.added, id, &AddedToken::id);
    return added == content.added.end() ? content.model.texts.at(static_cast<size_t>(id))
                                        : added->content;
  };
  for (const Ids* side : {&content.before, &content.after})
    for (const int64_t id : *side)
      special[text(id)] = {
          {"id", text(id)}, {"ids", json::array({id})}, {"tokens", json::array({text(id)})}};
  const auto put_around = [&](json& all, const char* name, int type) {
    const auto put = [&](const Ids& ids) {
      for (const int64_t id : ids)
        all.push_back({{"SpecialToken", {{"id", text(id)}, {"type_id", type}}}});
    };
    put(content.before);
    all.push_back({{"Sequence", {{"id", name}, {"type_id", type}}}});
    put(content.after);
  };
  json single = json::array(), pair = json::array();
  put_around(single, "A", 0);
  put_around(pair, "A", 0);
  put_around(pair, "B", 1);
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", std::move(special)}};
}

}  // namespace

std::string bpe_json_text(const BpeJson& content) {
  const json all{{"version", kTokenizerJsonVersion},
                 {"truncation", nullptr},
                 {"padding", nullptr},
                 {"added_tokens", added_tokens(content.added)},
                 {"normalizer", all_written(content.normaliser, "normalizers")},
                 {"pre_tokenizer", pre_tokenizer(content.words)},
                 {"post_processor", post_processor(content)},
                 {"decoder", all_written(content.decoder, "decoders")},
                 {"model", model(content.model)}};
  return base::json_text(all) + "\n";
}

}  // namespace lorahub::text
