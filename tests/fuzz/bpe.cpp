// The tokenizers of decoder-only models: tokenizer.json, and what a GGUF file holds.
#include "targets.hpp"
#include "text/bpe_tokenizer.hpp"
#include "text/gguf_tokenizer.hpp"

namespace lorahub::fuzz {
namespace {

// For a text of words, tokens and what is neither.
void use(const text::Tokenizer& tokenizer) {
  const auto ids = tokenizer.encode(
      " ab</s>zorp zorp_\u2581a \u00bd e\u0301\t12 345's\u4e2d\U0001f600\xff{\r\n\n", 20);
  tokenizer.decode(ids);
}

}  // namespace

// A model folder with this file alone.
void bpe_json(const std::string& bytes) {
  const auto folder = scratch() / "bpe";
  std::filesystem::create_directories(folder);
  put(folder / "tokenizer.json", bytes);
  put(folder / "tokenizer_config.json", R"({"eos_token": "</s>"})");
  use(text::BpeTokenizer(folder));
  text::kBpe.tokens(folder, {});
}

void gguf_tokenizer(const std::string& bytes) {
  const auto folder = scratch() / "gguf_tokenizer";
  std::filesystem::create_directories(folder);
  put(folder / "model.gguf", bytes);
  use(*text::kGguf.load(folder));
  text::kGguf.tokens(folder, {});
}

}  // namespace lorahub::fuzz
