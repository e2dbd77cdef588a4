// The files beside the weights of a model that is written.
#pragma once
#include <filesystem>
#include <string>

namespace lorahub::lora {

// Writes into `folder` what `base` has beside its weights: the files of its tokenizer, its prompt
// pieces, generation_config.json, and config.json with the type of the written weights ("float32").
// Where `base` is a GGUF model, they are made from what its one file says. Error for a file that is
// a link out of the folder.
void write_model_files(const std::filesystem::path& folder, const std::filesystem::path& base,
                       const std::string& dtype);

}  // namespace lorahub::lora
