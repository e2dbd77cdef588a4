// The tokenizer of a GGUF model as the files of a Hugging Face folder.
#pragma once
#include <filesystem>
#include <map>
#include <string>

namespace lorahub::text {

// The texts of tokenizer.json and tokenizer_config.json, by name, as the GGUF file of the folder
// says them (its chat template among them). None where the folder has no such file, or a
// tokenizer.json that counts in its place.
std::map<std::string, std::string> gguf_tokenizer_files(const std::filesystem::path& folder);

}  // namespace lorahub::text
