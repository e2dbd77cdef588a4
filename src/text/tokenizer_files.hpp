// The files of a model folder that say how its text is cut into tokens.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::text {

inline constexpr const char* kPiecesFile = "spiece.model";
inline constexpr const char* kTokenizerFile = "tokenizer.json";
inline constexpr const char* kTokenizerJsonVersion = "1.0";  // what tokenizers reads
inline constexpr const char* kTokenizerConfigFile = "tokenizer_config.json";
inline constexpr const char* kSpecialTokensFile = "special_tokens_map.json";
inline constexpr const char* kAddedTokensFile = "added_tokens.json";
inline constexpr const char* kPromptFile = "lorahub_prompt.json";  // prompt_pieces.hpp

// All of the above, by name: what is read, hashed and copied beside a model that is written.
std::vector<std::string> tokenizer_file_names();
// The names of those that lie in `folder`.
std::vector<std::string> tokenizer_files(const std::filesystem::path& folder);

// The text of one of the JSON files, "{}" where it is not there. Error: it is of another kind (a
// Git LFS pointer, an archive...) or no UTF-8.
std::string read_tokenizer_json_text(const std::filesystem::path& file);

// Error for what is no tokenizer.json of the version that is known. `version`: as JSON, with its
// quotes; "" where the file says none.
void check_tokenizer_json(const std::filesystem::path& file, bool is_object,
                          const std::string& version);

}  // namespace lorahub::text
