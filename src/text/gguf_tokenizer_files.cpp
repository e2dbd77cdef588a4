#include "text/gguf_tokenizer_files.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "gguf/gguf_file.hpp"
#include "text/gguf_tokenizer.hpp"
#include "text/tokenizer_files.hpp"
#include "text/write_bpe_json.hpp"

namespace lorahub::text {
namespace {

constexpr std::pair<const char*, const char*> kNamed[] = {
    {"bos_token", "tokenizer.ggml.bos_token_id"},
    {"eos_token", "tokenizer.ggml.eos_token_id"},
    {"unk_token", "tokenizer.ggml.unknown_token_id"}};
constexpr const char* kChatTemplate = "tokenizer.chat_template";

// gguf_content() has checked that the ids are of tokens.
std::string config_text(const gguf::Metadata& metadata, const BpeContent& content) {
  nlohmann::json config{{"tokenizer_class", "PreTrainedTokenizerFast"},
                        {"clean_up_tokenization_spaces", false}};
  for (const auto& [name, key] : kNamed) {
    const auto id = static_cast<size_t>(metadata.integer(key).value_or(-1));
    if (id < content.json.model.texts.size()) config[name] = content.json.model.texts[id];
  }
  if (const auto chat = metadata.text(kChatTemplate)) config["chat_template"] = *chat;
  return base::json_text(config, 2) + "\n";
}

}  // namespace

std::map<std::string, std::string> gguf_tokenizer_files(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / kTokenizerFile)) return {};
  const auto path = gguf::gguf_of(folder);
  if (!path) return {};
  const gguf::GgufFile file = gguf::read_gguf(*path);
  const BpeContent content = gguf_content(file.metadata);
  return {{kTokenizerFile, bpe_json_text(content.json)},
          {kTokenizerConfigFile, config_text(file.metadata, content)}};
}

}  // namespace lorahub::text
