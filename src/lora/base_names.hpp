// Which base models the adapters of a library say they were trained on.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::lora {

// "flan-t5-large" for google/flan-t5-large, /models/Flan_T5_Large/ and a folder of the Hugging Face
// cache: what is left of a name or path where mirrors, folders and spelling are put aside; and
// "llama-3.1-8b" for unsloth/Meta-Llama-3.1-8B-bnb-4bit, the same weights in fewer bits.
std::string plain_base_name(const std::string& name_or_path);

struct NamedBase {
  std::string module, base;  // base_model_name_or_path; "": it is not said
};

// One sentence where some of these modules name another base than `model`, a name or a path. Where
// `model` is "", the base that most of them name takes its place. "" where none does.
std::string base_warning(const std::vector<NamedBase>& modules, const std::string& model);

// The bases that the adapter_config.json of these modules name; files that can't be read are left
// out.
std::vector<NamedBase> named_bases(const std::filesystem::path& library,
                                   const std::vector<std::string>& modules);

}  // namespace lorahub::lora
