#include "text/tokenizer_files.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/file_kind.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"

namespace lorahub::text {

namespace fs = std::filesystem;

std::vector<std::string> tokenizer_file_names() {
  return {kPiecesFile,        kTokenizerFile,   kTokenizerConfigFile,
          kSpecialTokensFile, kAddedTokensFile, kPromptFile};
}

std::vector<std::string> tokenizer_files(const fs::path& folder) {
  std::vector<std::string> names = tokenizer_file_names();
  std::erase_if(names, [&](const std::string& name) { return !fs::exists(folder / name); });
  return names;
}

std::string read_tokenizer_json_text(const fs::path& file) {
  if (!fs::exists(file)) return "{}";
  const std::string text = base::read_file(file);
  const auto kind = base::file_kind(text);
  base::check(!kind, "{}: no JSON object: it seems to be {}; tokens would be unknown",
              file.string(), kind.value_or(""));
  const auto bad = base::first_not_utf8(text);
  base::check(!bad, "{}: byte {} is no UTF-8 (JSON is), save the file as UTF-8", file.string(),
              bad.value_or(0));
  return std::string(base::shallow_json(text));
}

void check_tokenizer_json(const fs::path& file, bool is_object, const std::string& version) {
  base::check(is_object, "{}: no JSON object (tokens would be unknown), copy the file again",
              file.string());
  base::check(version.empty() || version == base::format("\"{}\"", kTokenizerJsonVersion),
              "{}: the \"version\" of the file is not {} (text would be cut into other tokens than "
              "the model was trained with), use the tokenizer files that came with the model",
              file.string(), kTokenizerJsonVersion);
}

}  // namespace lorahub::text
