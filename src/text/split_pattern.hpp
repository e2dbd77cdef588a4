// The regular expressions that cut a text into words before byte-pair encoding, by PCRE2.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct pcre2_real_code_8;  // PCRE2's compiled expression

namespace lorahub::text {

using PieceSink = std::function<void(std::string_view)>;

class SplitPattern {
 public:
  // An expression as tokenizer.json has it. Nothing where it is none of those that are known to cut
  // text as Hugging Face's `tokenizers` does: of GPT-2, Llama-3, Qwen2 and Mistral's Tekken.
  static std::optional<SplitPattern> of(std::string_view expression);
  static SplitPattern gpt2();
  static SplitPattern llama3();
  static SplitPattern qwen2();
  static SplitPattern tekken();
  static SplitPattern digits();   // each digit, of any script, by itself
  static SplitPattern numbers();  // rows of digits

  // Gives each match and each text between two matches to `take`; these are parts of `text`, which
  // is UTF-8, and together all of it. Unicode is that of the PCRE2 library (10.42: version 14), so
  // letters that were assigned later count as signs.
  void split(std::string_view text, const PieceSink& take) const;

  const std::string& expression() const { return expression_; }

 private:
  explicit SplitPattern(std::string expression);

  std::string expression_;
  std::shared_ptr<const pcre2_real_code_8> code_;
};

}  // namespace lorahub::text
