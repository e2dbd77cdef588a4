#include "lora/write_model_files.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/files.hpp"
#include "checkpoint/hub_cache.hpp"
#include "model/config_fields.hpp"
#include "text/gguf_tokenizer_files.hpp"
#include "text/tokenizer_files.hpp"

namespace lorahub::lora {

namespace fs = std::filesystem;

void write_model_files(const fs::path& folder, const fs::path& base, const std::string& dtype) {
  std::vector<std::string> names = text::tokenizer_files(base);
  if (fs::exists(base / "generation_config.json")) names.emplace_back("generation_config.json");
  for (const std::string& name : names) {
    checkpoint::check_own_file(base / name);
    base::write_file(folder / name, base::read_file(base / name));
  }
  for (const auto& [name, text] : text::gguf_tokenizer_files(base))
    base::write_file(folder / name, text);
  auto config = nlohmann::ordered_json::parse(model::config_text(base));
  // transformers 5 writes "dtype" and reads both names, older releases read the other one.
  config[config.contains("dtype") ? "dtype" : "torch_dtype"] = dtype;
  base::write_file(folder / "config.json", base::json_text(config, 2) + "\n");
}

}  // namespace lorahub::lora
