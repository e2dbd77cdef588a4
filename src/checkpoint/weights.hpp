// Reads weight files as tensors by name. Files are mapped, not copied (the tensors keep the map
// alive), so writing into such a tensor ends the program. The readers are ours: the reference
// library of safetensors is for Rust and Python, and nothing in a pickle may be executed
// (checkpoint/unpickle.hpp).
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "checkpoint/mapped.hpp"

namespace lorahub::checkpoint {

using Tensors = std::map<std::string, at::Tensor>;

struct Conversion {
  at::ScalarType dtype;
  int threads = 1;
};

// model.safetensors, model.safetensors.index.json and its shards, or pytorch_model.bin (zip pickle,
// or index and shards): the first of these, as transformers does. The names are without wrappers
// (checkpoint/name_wrappers.hpp), and copies of shared.weight that a file has for encoder and
// decoder are left out.
//
// Values have the file's type. Where a file's values are to be computed (a GGUF's), matrices are
// computed as `computed.dtype` and vectors as f32.
Tensors read_model_weights(const std::filesystem::path& folder, Conversion computed = {at::kFloat});

// The weights with their matrices converted to `dtype` (but for the relative biases, which stay f32
// in a network), in memory that the ranks of a node share; `origin` says what the weights are
// (base::file_identity).
Tensors in_dtype(const Tensors& weights, Conversion to, const std::string& origin);

// Reads one file. Error naming file and tensor for lengths beyond the file, overlaps, gaps and
// unknown dtypes.
Tensors read_safetensors(const std::filesystem::path& file);
Tensors read_safetensors(const Mapped& file);
void write_safetensors(const std::filesystem::path& file,
                       const Tensors& tensors);  // atomically; metadata format: pt

// Reads what torch.save writes (in zip format) for a (nested) dict of tensors. The pickle may
// rebuild tensors and nothing else: any other callable is refused by name, never executed. Tensors
// keep their strides: views of one storage stay views.
Tensors read_pytorch_bin(const std::filesystem::path& file);
Tensors read_pytorch_bin(const Mapped& file);

// Reads one file of any format, which its name tells.
Tensors read_weights(const Mapped& file, Conversion computed = {at::kFloat});

}  // namespace lorahub::checkpoint
