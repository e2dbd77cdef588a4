// The tokenizer.json of decoder-only models.
#include "targets.hpp"
#include "text/bpe_tokenizer.hpp"

namespace lorahub::fuzz {

// A model folder with this file, used for a text of words, tokens and what is neither.
void bpe_json(const std::string& bytes) {
  const auto folder = scratch() / "bpe";
  std::filesystem::create_directories(folder);
  put(folder / "tokenizer.json", bytes);
  put(folder / "tokenizer_config.json", R"({"eos_token": "</s>"})");
  const text::BpeTokenizer tokenizer(folder);
  const auto ids = tokenizer.encode(
      " ab</s>zorp zorp_\u2581a \u00bd e\u0301\t12 345's\u4e2d\U0001f600\xff{\r\n\n", 20);
  tokenizer.decode(ids);
  text::kBpe.tokens(folder, {});
}

}  // namespace lorahub::fuzz
