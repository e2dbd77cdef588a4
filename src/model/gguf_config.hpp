// The settings of a model in a GGUF file, as a config.json says them.
#pragma once
#include <string>

#include "gguf/gguf_file.hpp"

namespace lorahub::model {

// The text of a config.json for the metadata of architectures llama, qwen2 and qwen3. RoPE's
// factors of Llama 3, which such a file holds as a tensor (rope_freqs.weight), are read as the
// setting that they were made by. Error naming file and key for another architecture, and for a
// setting of it that is not known here.
std::string gguf_config(const gguf::GgufFile& file);

}  // namespace lorahub::model
