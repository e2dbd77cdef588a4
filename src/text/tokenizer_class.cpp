#include "text/tokenizer_class.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "text/bpe_json.hpp"
#include "text/bpe_tokenizer.hpp"
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

// The class that AutoTokenizer of transformers 5.24 takes, without "Fast".
std::string class_taken(const fs::path& folder, const TokenizerConfig& config) {
  const std::string type = model_type(folder);
  if (type == "mistral") return "TokenizersBackend";
  if (type == "qwen2") return "Qwen2Tokenizer";
  std::string name = config.tokenizer_class;
  if (name.ends_with("Fast")) name.resize(name.size() - std::string("Fast").size());
  return name;
}

bool cuts_as_gpt2(const BpeJson& file, const TokenizerConfig& config) {
  const PreTokenizer& words = file.words;
  return file.normaliser.empty() && words.patterns.empty() && words.is_byte_level && words.words &&
         words.adds_space == config.adds_space.value_or(false) && !file.model.ignores_merges;
}

bool cuts_as_qwen2(const BpeJson& file, const TokenizerConfig& config) {
  const PreTokenizer& words = file.words;
  return file.normaliser.size() == 1 && file.normaliser[0].kind == NormaliserStep::Kind::nfc &&
         words.patterns.size() == 1 &&
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

bool cuts_alike(const std::string& name, const BpeJson& file, const TokenizerConfig& config) {
  if (name == "GPT2Tokenizer") return cuts_as_gpt2(file, config);
  if (name == "Qwen2Tokenizer") return cuts_as_qwen2(file, config);
  return name != "LlamaTokenizer" || cuts_as_llama(file, config);
}

}  // namespace

std::string tokenizer_class_warning(const fs::path& folder) {
  if (!fs::exists(folder / kTokenizerFile) || &tokenizer_kind(folder) != &kBpe) return "";
  const TokenizerConfig config = read_tokenizer_config(folder);
  const std::string name = class_taken(folder, config);
  if (!name.starts_with("GPT2") && !name.starts_with("Qwen2") && !name.starts_with("Llama"))
    return "";
  if (cuts_alike(name, read_bpe_json(folder / kTokenizerFile), config)) return "";
  return base::format(
      "{}: transformers 5 reads this tokenizer by its class {}, which cuts some texts otherwise "
      "than {} says, and that file is followed here, so that losses and answers may differ from "
      "those of transformers 5",
      folder.string(), name, kTokenizerFile);
}

}  // namespace lorahub::text
