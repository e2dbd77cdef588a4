// adapter_config.json, the card of an adapter, and a library's index.jsonl.
#include <filesystem>

#include "base/check.hpp"
#include "lora/adapter_config.hpp"
#include "lora/index.hpp"
#include "lora/peft.hpp"
#include "model/t5/architecture.hpp"
#include "targets.hpp"

namespace lorahub::fuzz {
namespace {

namespace fs = std::filesystem;

const model::Architecture& architecture() {
  static const model::t5::T5Architecture all({.d_model = 12,
                                              .d_kv = 4,
                                              .d_ff = 20,
                                              .heads = 2,
                                              .encoder_layers = 1,
                                              .decoder_layers = 1,
                                              .vocabulary = 30,
                                              .gated = true});
  return all;
}

// One adapter whose files never change, not even their times: an index may know it.
fs::path library() {
  static const fs::path folder = [] {
    const fs::path made = scratch() / "library";
    fs::create_directories(made / "a");
    put(made / "a" / lora::kConfigFile,
        R"({"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q", "v"]})");
    put(made / "a" / lora::kWeightsFile, "weights");
    put(made / "a" / lora::kCardFile, "# a\n");
    for (const char* name : {lora::kConfigFile, lora::kWeightsFile, lora::kCardFile})
      fs::last_write_time(made / "a" / name, fs::file_time_type{});
    return made;
  }();
  return folder;
}

}  // namespace

void adapter_config(const std::string& bytes) {
  put(scratch() / lora::kConfigFile, bytes);
  const lora::AdapterConfig config = lora::read_adapter_config(scratch(), "module", architecture());
  base::check(!config.places.empty(), "no places");
}

void card(const std::string& bytes) {
  put(scratch() / lora::kCardFile, bytes);
  const lora::ModuleCard card = lora::read_card(scratch());
  base::check(card.problem.empty(), "{}", card.problem);
}

// An index that can't be read is made anew, without a word: here that counts as refused.
void index(const std::string& bytes) {
  put(library() / lora::kIndexFile, bytes);
  const lora::Index index = lora::read_index(library());
  if (index.modules.size() != 1 || lora::find(index, "a").name != "a") std::abort();
  base::check(index.read == 0, "{}: made anew (it did not know the adapter)", lora::kIndexFile);
}

}  // namespace lorahub::fuzz
