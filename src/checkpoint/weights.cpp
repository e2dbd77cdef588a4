#include "checkpoint/weights.hpp"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/check.hpp"
#include "base/json_file.hpp"
#include "base/node_memory.hpp"
#include "checkpoint/gguf_weights.hpp"
#include "checkpoint/name_wrappers.hpp"
#include "checkpoint/weight_files.hpp"
#include "gguf/gguf_file.hpp"
#include "tensor/shared_tensor.hpp"
#include "tensor/threads.hpp"
#include "tensor/values.hpp"

namespace lorahub::checkpoint {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPlaces[] = {"model.safetensors", "model.safetensors.index.json",
                                   "pytorch_model.bin", "pytorch_model.bin.index.json"};

bool is_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && fs::path(name).filename() == name &&
         name.find('\0') == std::string::npos;
}

// {"weight_map": {tensor: shard file in the same folder}}
std::map<std::string, std::string> read_index(const fs::path& file) {
  const json index = json::parse(base::read_json_object(file, "copy or download it again"));
  const json map = index.value("weight_map", json());
  base::check(map.is_object() && !map.empty(),
              "{}: has no weight_map (it says which shard holds which tensor), "
              "copy or download it again",
              file.string());
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, shard] : map.items()) {
    base::check(
        shard.is_string() && is_file_name(shard.get<std::string>()),
        "{}: tensor {} is said to be in {} (a file name is needed), copy or download it again",
        file.string(), tensor, shard.dump());
    shards[tensor] = shard;
  }
  return shards;
}

Tensors read_shards(const fs::path& index, const std::vector<fs::path>& files) {
  std::map<std::string, Tensors> shards;
  for (const fs::path& file : files)
    shards[file.filename().string()] = read_weights(map_weights(file));
  Tensors tensors;
  for (const auto& [name, shard] : read_index(index)) {
    const auto found = shards.at(shard).find(name);
    base::check(found != shards.at(shard).end(),
                "{}: tensor {} is not in {} (index and shards are of different models), "
                "copy or download the folder again",
                index.string(), name, shard);
    tensors.insert(*found);
  }
  for (const auto& [shard, held] : shards)
    for (const auto& [name, tensor] : held) {
      const auto listed = tensors.find(name);
      base::check(listed != tensors.end(),
                  "{}: does not list tensor {} of {} (index and shards are of different models), "
                  "copy or download the folder again",
                  index.string(), name, shard);
      base::check(tensor::same_values(tensor, listed->second),
                  "{}: tensor {} is in {} and, with other values, in another shard (shards of "
                  "different models), copy or download the folder again",
                  index.string(), name, shard);
    }
  return tensors;
}

// Drops an embedding of encoder or decoder that is a copy of the shared one.
void drop_copies(Tensors& tensors) {
  const auto shared = tensors.find("shared.weight");
  if (shared == tensors.end()) return;
  for (const char* side : {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"})
    if (const auto copy = tensors.find(side);
        copy != tensors.end() && tensor::same_values(copy->second, shared->second))
      tensors.erase(copy);
}

}  // namespace

Tensors read_weights(const Mapped& file, Conversion computed) {
  const fs::path& path = file->path();
  if (path.extension() == gguf::kExtension) return read_gguf_weights(path, computed);
  return path.extension() == ".bin" ? read_pytorch_bin(file) : read_safetensors(file);
}

WeightFiles weight_files(const fs::path& folder) {
  for (const char* place : kPlaces) {
    const fs::path file = folder / place;
    if (!fs::exists(file)) continue;
    if (file.extension() != ".json") return {.index = {}, .files = {file}};
    std::set<std::string> names;
    for (const auto& [tensor, shard] : read_index(file)) names.insert(shard);
    WeightFiles found{.index = file, .files = {}};
    for (const std::string& name : names) {
      base::check(fs::exists(folder / name),
                  "{}: the shard {} is missing ({} lists it), copy or download it too",
                  folder.string(), name, place);
      found.files.push_back(folder / name);
    }
    return found;
  }
  if (const auto gguf = gguf::gguf_of(folder)) return {.index = {}, .files = {*gguf}};
  base::fail("{}: has no weights (looked for {}), copy or download them too", folder.string(),
             fmt::join(kPlaces, ", "));
}

Tensors read_model_weights(const fs::path& folder, Conversion computed) {
  const WeightFiles found = weight_files(folder);
  const bool single = found.index.empty();
  Tensors tensors = unwrapped(single ? read_weights(map_weights(found.files.front()), computed)
                                     : read_shards(found.index, found.files),
                              single ? found.files.front() : found.index);
  drop_copies(tensors);
  return tensors;
}

std::string identity(const fs::path& folder) {
  std::string all;
  for (const fs::path& file : weight_files(folder).files) all += base::file_identity(file) + "|";
  return all;
}

Tensors in_dtype(const Tensors& weights, Conversion to, const std::string& origin) {
  std::vector<std::string> names;
  int64_t total = 0;
  for (const auto& [name, tensor] : weights) {
    if (tensor.dim() != 2 || !at::isFloatingType(tensor.scalar_type()) ||
        tensor.scalar_type() == to.dtype || name.ends_with("relative_attention_bias.weight"))
      continue;
    names.push_back(name);
    total += tensor.numel();
  }
  if (names.empty()) return weights;
  Tensors result = weights;
  const auto point_into = [&](const at::Tensor& flat) {
    int64_t begin = 0;
    for (const std::string& name : names) {
      const at::Tensor& tensor = weights.at(name);
      result[name] = flat.narrow(0, begin, tensor.numel()).view(tensor.sizes());
      begin += tensor.numel();
    }
  };
  const std::string key =
      origin.empty() ? "" : base::format("weights {} {}", at::toString(to.dtype), origin);
  point_into(
      tensor::shared_tensor(key, {.type = to.dtype, .sizes = total}, [&](const at::Tensor& memory) {
        point_into(memory);
        tensor::share(to.threads, static_cast<int>(names.size()), [&](int i) {
          const std::string& name = names[static_cast<size_t>(i)];
          read_ahead(weights.at(name));
          result.at(name).copy_(weights.at(name));
        });
      }));
  return result;
}

}  // namespace lorahub::checkpoint
