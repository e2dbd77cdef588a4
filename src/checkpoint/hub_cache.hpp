// Finds the folder of a model or adapter that is given as a folder or as a name in the Hugging Face
// cache. Nothing is downloaded.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::checkpoint {

// Returns a folder as it is, or finds a name such as google/flan-t5-large in $HF_HUB_CACHE,
// $HF_HOME/hub or ~/.cache/huggingface/hub. `file` must be there: config.json for models (or one
// *.gguf, which says the same), adapter_config.json for adapters; in the cache, weights must be
// there too (else the download was cut short). Error saying where it looked.
std::filesystem::path resolve(const std::string& name_or_folder,
                              const std::string& file = "config.json");

// A folder's absolute path, by which others find it from anywhere; any other name as it is.
std::string lasting_name(const std::string& name_or_folder);

// Checks a file that is to be copied out of somebody else's folder: a link that leaves the folder
// could smuggle any file of this machine into what is passed on. Links within the folder are fine,
// and so are those of a Hugging Face cache to the blobs of the same repository. Error for any other
// link.
void check_own_file(const std::filesystem::path& file);

// config.json, if there is one, and the weight files of a model's folder, index first.
std::vector<std::filesystem::path> model_files(const std::filesystem::path& folder);

// SHA-256 of the bytes of these files, one after another.
std::string hash_model(const std::filesystem::path& folder);

}  // namespace lorahub::checkpoint
