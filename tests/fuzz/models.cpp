// config.json and generation_config.json of a model, and the index of its shards.
#include "base/check.hpp"
#include "checkpoint/weight_files.hpp"
#include "model/generation_config.hpp"
#include "model/llama/network.hpp"
#include "model/t5/network.hpp"
#include "targets.hpp"

namespace lorahub::fuzz {
namespace {

namespace fs = std::filesystem;

// A folder of the name alone.
fs::path folder(const char* name) {
  fs::path made = scratch() / name;
  fs::create_directories(made);
  return made;
}

}  // namespace

void config(const std::string& bytes) {
  const fs::path model = folder("config");
  put(model / "config.json", bytes);
  const std::string type = model::ConfigFields(model, "model").word("model_type", "");
  const size_t linears = model::llama::is_llama(type)
                             ? model::llama::linears(model::llama::read_config(model)).size()
                             : model::t5::linears(model::t5::read_config(model)).size();
  base::check(linears > 0 && !model::generation_warning(model).starts_with('\n'), "no layers");
}

void generation_config(const std::string& bytes) {
  const fs::path model = folder("generation");
  put(model / "config.json", R"({"model_type": "t5"})");
  put(model / "generation_config.json", bytes);
  const std::string warning = model::generation_warning(model);
  model::t5::read_config(model);
  base::check(warning.find('\n') == std::string::npos, "no one sentence");
}

void weight_index(const std::string& bytes) {
  const fs::path model = folder("shards");
  for (const char* shard : {"one.safetensors", "two.safetensors"}) put(model / shard, "");
  put(model / "model.safetensors.index.json", bytes);
  base::check(!checkpoint::weight_files(model).files.empty(), "no shards");
}

}  // namespace lorahub::fuzz
