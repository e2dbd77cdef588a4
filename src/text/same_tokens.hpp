// Whether the tokenizer that was saved beside an adapter is the model's.
#pragma once
#include <filesystem>

namespace lorahub::text {

// Error naming the first token where tokenizer files in `adapter`, an adapter's folder, hold other
// tokens than those of `model`, a model's folder. It does nothing where there are no such files, or
// where they hold the same tokens.
void check_same_tokens(const std::filesystem::path& model, const std::filesystem::path& adapter);

}  // namespace lorahub::text
