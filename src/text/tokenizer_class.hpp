// Classes of transformers that cut texts by steps of their own, whatever tokenizer.json says.
#pragma once
#include <filesystem>
#include <string>

namespace lorahub::text {

// A sentence where transformers 5 reads the folder's tokenizer of byte-pair encoding by such a
// class (tokenizer_class, or the model_type of config.json) and the steps of that class are not
// those of tokenizer.json, which is followed here as by `tokenizers` and by earlier releases; ""
// elsewhere.
std::string tokenizer_class_warning(const std::filesystem::path& folder);

}  // namespace lorahub::text
