// Reads GGUF files, as llama.cpp writes them: metadata and tensors in one file. The reader is ours
// because the reference library would bring a second engine, and files come from strangers.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "gguf/block_type.hpp"
#include "gguf/metadata.hpp"

namespace lorahub::gguf {

inline constexpr const char* kExtension = ".gguf";

struct StoredTensor {
  std::string name;            // "blk.0.attn_q.weight"
  std::vector<int64_t> sizes;  // the slowest first, as PyTorch has it
  ValueType type;
  std::string_view bytes;  // of the mapped file
  int64_t count() const;   // of values
};

struct GgufFile {
  std::shared_ptr<const base::MappedFile> mapped;
  Metadata metadata;
  std::vector<StoredTensor> tensors;

  const StoredTensor* find(std::string_view name) const;  // null: none
};

// Error naming file and tensor for types that are not read here (K-quants, IQ-quants), and for what
// is cut short, overlaps, lies outside the file or counts more than the file can hold.
GgufFile read_gguf(const std::filesystem::path& file);

// The file that is the model of a folder without a config.json: its one *.gguf. Nothing where there
// is a config.json, or no *.gguf. Error where there are several.
std::optional<std::filesystem::path> gguf_of(const std::filesystem::path& folder);

}  // namespace lorahub::gguf
