// The folder of tokenizers and of what other programs make of texts with them.
#pragma once
#include <filesystem>

namespace lorahub::text {

inline const std::filesystem::path kGolden = SOURCE_DIR "/tests/golden/tokenizer";

}  // namespace lorahub::text
