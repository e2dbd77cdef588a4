#include "text/tokenizer_class.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/check.hpp"
#include "gguf/gguf_file.hpp"
#include "text/bpe_json.hpp"
#include "text/bpe_tokenizer.hpp"
#include "text/gguf_tokenizer.hpp"
#include "text/tokenizer_config.hpp"
#include "text/tokenizer_files.hpp"
#include "text/tokenizer_kind.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string model_type(const fs::path& folder) {
  const Json config = Json::parse(read_tokenizer_json_text(folder / "config.json"), nullptr,
                                  /*allow_exceptions=*/false);
  const Json type = config.is_object() ? config.value("model_type", Json()) : Json();
  return type.is_string() ? type.get<std::string>() : "";
}

// The class that AutoTokenizer of transformers 5.23 takes, without "Fast".
std::string class_taken(const fs::path& folder, const TokenizerConfig& config) {
  const std::string type = model_type(folder);
  if (type == "mistral") return "TokenizersBackend";
  if (type == "qwen2" || (type == "qwen3" && config.tokenizer_class.empty()))
    return "Qwen2Tokenizer";
  std::string name = config.tokenizer_class;
  if (name.ends_with("Fast")) name.resize(name.size() - std::string("Fast").size());
  return name;
}

bool composes_alone(const BpeJson& file) {
  return file.normaliser.size() == 1 && file.normaliser[0].kind == NormaliserStep::Kind::nfc;
}

bool cuts_bytes_by_words(const BpeJson& file, const TokenizerConfig& config) {
  const PreTokenizer& words = file.words;
  return words.patterns.empty() && words.is_byte_level && words.words &&
         words.adds_space == config.adds_space.value_or(false) && !file.model.ignores_merges;
}

bool cuts_as_gpt2(const BpeJson& file, const TokenizerConfig& config) {
  return file.normaliser.empty() && cuts_bytes_by_words(file, config);
}

bool cuts_as_gpt_neox(const BpeJson& file, const TokenizerConfig& config) {
  return composes_alone(file) && cuts_bytes_by_words(file, config);
}

bool cuts_as_qwen2(const BpeJson& file, const TokenizerConfig& config) {
  const PreTokenizer& words = file.words;
  return composes_alone(file) && words.patterns.size() == 1 &&
         words.patterns[0].expression() == SplitPattern::qwen2().expression() &&
         words.is_byte_level && !words.words &&
         words.adds_space == config.adds_space.value_or(false) && !file.model.ignores_merges;
}

bool cuts_as_llama(const BpeJson& file, const TokenizerConfig& config) {
  using Before = WordSigns::Before;
  if (file.words.is_byte_level) return true;  // transformers then follows tokenizer.json
  const std::optional<WordSigns>& signs = file.words.signs;
  const Before before = !config.adds_space.value_or(true) ? Before::no_text
                        : config.legacy.value_or(false)   ? Before::every_text
                                                          : Before::first_text;
  return file.normaliser.empty() && signs && !signs->splits && signs->before == before &&
         file.model.joins_unknown && file.model.byte_fallback && !file.model.ignores_merges;
}

// It cuts otherwise than any file that is read here, or adds tokens that files lack.
bool cuts_otherwise(const BpeJson&, const TokenizerConfig&) { return false; }

struct Class {
  const char* name;
  bool (*cuts_alike)(const BpeJson&, const TokenizerConfig&);
  // Tokens that it adds where the file lacks them, by the settings that name others in their place.
  std::vector<std::pair<const char*, const char*>> own = {};
};

// Classes of transformers 5.23 that build a tokenizer of byte-pair encoding from vocabulary and
// merges alone; all others follow tokenizer.json.
const std::vector<Class>& classes() {
  constexpr const char* kEnd = "<|endoftext|>";
  static const std::vector<Class> all{
      {"GPT2Tokenizer",
       cuts_as_gpt2,
       {{"unk_token", kEnd}, {"bos_token", kEnd}, {"eos_token", kEnd}}},
      {"CodeGenTokenizer",
       cuts_as_gpt2,
       {{"unk_token", kEnd}, {"bos_token", kEnd}, {"eos_token", kEnd}}},
      {"GPTNeoXTokenizer",
       cuts_as_gpt_neox,
       {{"unk_token", kEnd},
        {"bos_token", kEnd},
        {"eos_token", kEnd},
        {"pad_token", "<|padding|>"}}},
      {"Qwen2Tokenizer",
       cuts_as_qwen2,
       {{"unk_token", kEnd}, {"eos_token", kEnd}, {"pad_token", kEnd}}},
      {"LlamaTokenizer", cuts_as_llama},
      {"CodeLlamaTokenizer", cuts_otherwise},
      {"BlenderbotTokenizer", cuts_otherwise},
      {"CLIPTokenizer", cuts_otherwise},
      {"CohereTokenizer", cuts_otherwise},
      {"DebertaTokenizer", cuts_otherwise},
      {"GemmaTokenizer", cuts_otherwise},
      {"HerbertTokenizer", cuts_otherwise},
      {"LukeTokenizer", cuts_otherwise},
      {"OpenAIGPTTokenizer", cuts_otherwise},
      {"Qwen3_5Tokenizer", cuts_otherwise},
      {"RobertaTokenizer", cuts_otherwise},
      {"WhisperTokenizer", cuts_otherwise}};
  return all;
}

bool has_token(const BpeJson& file, const std::string& text) {
  return std::ranges::find(file.added, text, &AddedToken::content) != file.added.end() ||
         std::ranges::find(file.model.texts, text) != file.model.texts.end();
}

bool is_named(const TokenizerConfig& config, const char* name) {
  const auto named = [&](const std::vector<NamedToken>& tokens) {
    return std::ranges::find(tokens, name, &NamedToken::name) != tokens.end();
  };
  return named(config.special.named) || named(config.special.others);
}

bool adds_tokens(const Class& by, const BpeJson& file, const TokenizerConfig& config) {
  return std::ranges::any_of(by.own, [&](const auto& own) {
    return !is_named(config, own.first) && !has_token(file, own.second);
  });
}

// llama.cpp marks the beginning of each part of a text, transformers 5 that of the first alone.
std::string gguf_warning(const fs::path& folder) {
  const auto path = gguf::gguf_of(folder);
  if (!path) return "";
  const gguf::GgufFile file = gguf::read_gguf(*path);
  if (file.metadata.text("tokenizer.ggml.model") != "llama") return "";
  if (file.metadata.integer("tokenizer.ggml.add_space_prefix").value_or(1) == 0) return "";
  return base::format(
      "{}: transformers 5 cuts texts that begin with a space or stand behind a special token "
      "otherwise than llama.cpp, which is followed here, so that losses and answers may differ "
      "from those of transformers 5",
      path->string());
}

}  // namespace

std::string tokenizer_class_warning(const fs::path& folder) {
  const TokenizerKind& kind = tokenizer_kind(folder);
  if (&kind == &kGguf) return gguf_warning(folder);
  if (&kind != &kBpe || !fs::exists(folder / kTokenizerFile)) return "";
  const TokenizerConfig config = read_tokenizer_config(folder);
  const std::string name = class_taken(folder, config);
  const auto by = std::ranges::find(classes(), name, &Class::name);
  if (by == classes().end()) return "";
  const BpeJson file = read_bpe_json(folder / kTokenizerFile);
  if (by->cuts_alike(file, config) && !adds_tokens(*by, file, config)) return "";
  return base::format(
      "{}: transformers 5 reads this tokenizer by its class {}, which cuts some texts otherwise "
      "than {} says, and that file is followed here, so that losses and answers may differ from "
      "those of transformers 5",
      folder.string(), name, kTokenizerFile);
}

}  // namespace lorahub::text
