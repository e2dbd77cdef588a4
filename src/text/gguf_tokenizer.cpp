#include "text/gguf_tokenizer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>
#include <unordered_map>

#include "base/check.hpp"
#include "base/file_kind.hpp"
#include "gguf/gguf_file.hpp"
#include "text/bpe_tokenizer.hpp"
#include "text/tokenizer_config.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kControl = 3, kUserDefined = 4, kUnused = 5;  // of tokenizer.ggml.token_type
constexpr int64_t kLastType = 6;
constexpr size_t kLongestPiece = 4096;  // bytes: all ways to put it together are tried

// How words are cut before byte-level merges, by tokenizer.ggml.pre.
struct PreKind {
  const char* name;
  SplitPattern (*pattern)();         // cuts the words; null: GPT-2's expression does
  bool digits;                       // each digit is cut off before
  bool ignores_merges, nfc, begins;  // begins: with the token of the beginning, if nothing is said
};
constexpr PreKind kPreKinds[] = {
    {"gpt-2", nullptr, false, false, false, false},
    {"smollm", nullptr, true, false, false, false},
    {"llama-bpe", SplitPattern::llama3, false, true, false, true},
    {"llama3", SplitPattern::llama3, false, true, false, true},
    {"llama-v3", SplitPattern::llama3, false, true, false, true},
    {"qwen2", SplitPattern::qwen2, false, false, true, false},
    {"tekken", SplitPattern::tekken, false, true, false, false},
};

class GgufTokens {
 public:
  explicit GgufTokens(const gguf::Metadata& metadata) : metadata_(metadata) {}

  BpeContent content() {
    read_texts();
    const std::string model = metadata_.needed_text(key("model"));
    if (model == "gpt2")
      read_byte_level();
    else if (model == "llama")
      read_pieces();
    else
      refuse("model", model, "gpt2 and llama");
    add_special();
    content_.end = token("eos_token_id");
    base::check(content_.end >= 0,
                "{}: has no tokenizer.ggml.eos_token_id (answers would never end), convert the "
                "model again",
                metadata_.file());
    return std::move(content_);
  }

 private:
  static std::string key(const std::string& name) { return "tokenizer.ggml." + name; }
  BpeModel& model() { return content_.json.model; }

  [[noreturn]] void refuse(const char* name, const std::string& value, const std::string& known) {
    base::fail(
        "{}: {} is '{}' (only {} are known here: text would be cut into other tokens than the "
        "model was trained with), choose a model with one of these",
        metadata_.file(), key(name), value, known);
  }
  [[noreturn]] void contradict(const std::string& what) const {
    base::fail(
        "{}: {} (text would be cut into other tokens than the model was trained with), "
        "convert the model again",
        metadata_.file(), what);
  }

  bool flag(const std::string& name, bool absent) const {
    return metadata_.integer(key(name)).value_or(absent ? 1 : 0) != 0;
  }

  // -1 where the file names none.
  int64_t token(const std::string& name) const {
    const int64_t id = metadata_.integer(key(name)).value_or(-1);
    const auto count = std::ssize(content_.json.model.texts);
    if (id < -1 || id >= count)
      contradict(base::format("{} is {} of {} tokens", key(name), id, count));
    return id;
  }

  // --- The vocabulary

  void read_texts() {
    const std::vector<std::string>* texts = metadata_.texts(key("tokens"));
    if (texts == nullptr || texts->empty()) contradict("it has no tokenizer.ggml.tokens");
    model().texts = *texts;
    const std::vector<int64_t>& types = types_of();
    for (size_t id = 0; id < texts->size(); ++id) {
      if (types[id] < 0 || types[id] > kLastType)
        contradict(base::format("token {} is of the type {} (0 to {} are known)", id, types[id],
                                kLastType));
      if (types[id] == kUnused)
        model().texts[id].clear();
      else
        note((*texts)[id], static_cast<int32_t>(id));
    }
  }

  void note(const std::string& text, int32_t id) {
    if (base::first_not_utf8(text)) contradict(base::format("token {} is no UTF-8", id));
    if (!ids_.emplace(text, id).second)
      contradict(base::format("'{}' is the text of two of its tokens", text));
  }

  const std::vector<int64_t>& types_of() const {
    const std::vector<int64_t>* types = metadata_.integers(key("token_type"));
    const size_t count = content_.json.model.texts.size();
    if (types == nullptr || types->size() != count)
      contradict(base::format("it has {} tokenizer.ggml.token_type for {} tokens",
                              types == nullptr ? 0 : types->size(), count));
    return *types;
  }

  // --- Byte-level

  void read_byte_level() {
    const std::string name = metadata_.needed_text(key("pre"));
    const auto* const kind = std::ranges::find(kPreKinds, name, &PreKind::name);
    if (kind == std::end(kPreKinds))
      refuse("pre", name, "gpt-2, smollm, llama-bpe, qwen2 and tekken");
    PreTokenizer& words = content_.json.words;
    words.is_byte_level = true;
    if (kind->digits) words.patterns.push_back(SplitPattern::digits());
    if (kind->pattern != nullptr)
      words.patterns.push_back(kind->pattern());
    else
      words.words = SplitPattern::gpt2();
    model().ignores_merges = kind->ignores_merges;
    if (kind->nfc) content_.json.normaliser.push_back({.kind = NormaliserStep::Kind::nfc});
    content_.json.decoder.push_back({.kind = DecoderStep::Kind::byte_letters});
    read_merges();
    put_around(kind->begins);
  }

  void read_merges() {
    const std::vector<std::string>* merges = metadata_.texts(key("merges"));
    if (merges == nullptr) contradict("it has no tokenizer.ggml.merges");
    for (const std::string& merge : *merges) {
      const size_t space = merge.find(' ');
      if (space == std::string::npos || merge.find(' ', space + 1) != std::string::npos)
        contradict(base::format("the merge '{}' is no pair", merge));
      const std::string left = merge.substr(0, space), right = merge.substr(space + 1);
      model().merges.push_back({.left = id_of(left, merge),
                                .right = id_of(right, merge),
                                .joined = id_of(left + right, merge)});
    }
  }

  int32_t id_of(const std::string& text, const std::string& merge) const {
    const auto found = ids_.find(text);
    if (found == ids_.end())
      contradict(base::format("the merge '{}' names '{}', which is no token", merge, text));
    return found->second;
  }

  // --- SentencePiece

  void read_pieces() {
    BpeJson& json = content_.json;
    const bool space = flag("add_space_prefix", /*absent=*/true);
    if (space) json.normaliser.push_back({.kind = NormaliserStep::Kind::prepend, .to = kWordSign});
    json.normaliser.push_back(
        {.kind = NormaliserStep::Kind::replace, .from = " ", .to = kWordSign});
    json.decoder = {{.kind = DecoderStep::Kind::replace, .from = kWordSign, .to = " "},
                    {.kind = DecoderStep::Kind::byte_fallback},
                    {.kind = DecoderStep::Kind::join}};
    if (space) json.decoder.push_back({.kind = DecoderStep::Kind::strip, .from = " ", .begin = 1});
    model().byte_fallback = true;
    model().joins_unknown = true;
    model().unknown = static_cast<int32_t>(token("unknown_token_id"));
    make_merges();
    put_around(/*begins=*/true);
  }

  struct ScoredMerge {
    double score;
    size_t left_letters, right_letters;
    Merge merge;
    auto rank() const { return std::tuple(score, left_letters, right_letters); }
  };

  void make_merges() {
    const std::vector<double>* scores = metadata_.numbers(key("scores"));
    const std::vector<std::string>& texts = model().texts;
    if (scores == nullptr || scores->size() != texts.size())
      contradict(base::format("it has {} tokenizer.ggml.scores for {} tokens",
                              scores == nullptr ? 0 : scores->size(), texts.size()));
    std::vector<ScoredMerge> all;
    for (size_t id = 0; id < texts.size(); ++id)
      add_merges(static_cast<int32_t>(id), (*scores)[id], all);
    std::ranges::stable_sort(all, std::greater(), &ScoredMerge::rank);
    for (const ScoredMerge& scored : all) model().merges.push_back(scored.merge);
  }

  // All ways to put a piece together of two.
  void add_merges(int32_t joined, double score, std::vector<ScoredMerge>& all) const {
    const std::string& text = content_.json.model.texts[static_cast<size_t>(joined)];
    if (!std::isfinite(score)) contradict(base::format("token {} has no score", joined));
    if (text.size() > kLongestPiece)
      contradict(base::format("token {} is of {} bytes (at most {} are a piece of a text)", joined,
                              text.size(), kLongestPiece));
    std::vector<size_t> letters;  // where each begins
    for (size_t at = 0; at < text.size(); ++at)
      if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) letters.push_back(at);
    std::vector<ScoredMerge> own;
    for (size_t i = 1; i < letters.size(); ++i) {
      const auto left = ids_.find(text.substr(0, letters[i])),
                 right = ids_.find(text.substr(letters[i]));
      if (left == ids_.end() || right == ids_.end()) continue;
      own.push_back({.score = score,
                     .left_letters = i,
                     .right_letters = letters.size() - i,
                     .merge = {.left = left->second, .right = right->second, .joined = joined}});
    }
    std::ranges::sort(
        own, {}, [](const ScoredMerge& one) { return std::pair(one.merge.left, one.merge.right); });
    std::ranges::move(own, std::back_inserter(all));
  }

  // --- Tokens beside the text

  void put_around(bool begins) {
    const int64_t bos = token("bos_token_id"), eos = token("eos_token_id");
    if (flag("add_bos_token", begins) && bos >= 0) content_.json.before = {bos};
    if (flag("add_eos_token", /*absent=*/false) && eos >= 0) content_.json.after = {eos};
  }

  void add_special() {
    const std::vector<int64_t>& types = types_of();
    const std::vector<std::string>& texts = model().texts;
    for (size_t id = 0; id < texts.size(); ++id) {
      const int64_t type = types[id];
      if (type == kControl || type == kUserDefined)
        content_.json.added.push_back({.content = texts[id],
                                       .id = static_cast<int64_t>(id),
                                       .special = type == kControl,
                                       .normalized = false});
    }
  }

  static constexpr const char* kWordSign = "\u2581";
  const gguf::Metadata& metadata_;
  BpeContent content_;
  std::unordered_map<std::string, int32_t> ids_;
};

BpeContent read_gguf_content(const fs::path& folder) {
  return gguf_content(gguf::read_gguf(*gguf::gguf_of(folder)).metadata);
}

// Beside an adapter lie the files that transformers writes, whole or with added tokens alone.
TokenTable gguf_tokens(const fs::path& folder, const fs::path& vocabulary_from) {
  if (fs::exists(folder / kTokenizerFile)) return token_table(read_bpe_content(folder));
  if (gguf::gguf_of(folder)) return token_table(read_gguf_content(folder));
  TokenTable table = token_table(read_gguf_content(vocabulary_from));
  for (const AddedToken& token : read_added_tokens(folder))
    table.ids.try_emplace(token.content, token);
  for (AddedToken& token :
       read_tokenizer_config(folder).decoder.value_or(std::vector<AddedToken>()))
    table.ids[token.content] = std::move(token);
  return table;
}

}  // namespace

BpeContent gguf_content(const gguf::Metadata& metadata) { return GgufTokens(metadata).content(); }

constexpr TokenizerKind kGguf{
    .recognises =
        [](const fs::path& folder) {
          return !fs::exists(folder / kTokenizerFile) && gguf::gguf_of(folder).has_value();
        },
    .load = [](const fs::path& folder) -> std::shared_ptr<const Tokenizer> {
      return std::make_shared<const BpeTokenizer>(folder, read_gguf_content(folder));
    },
    .inputs =
        [](const fs::path& folder) {  // the file of the weights is one already
          std::vector<std::string> names{kPromptFile};
          std::erase_if(names, [&](const std::string& name) { return !fs::exists(folder / name); });
          return names;
        },
    .tokens = gguf_tokens};

}  // namespace lorahub::text
