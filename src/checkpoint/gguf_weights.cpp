#include "checkpoint/gguf_weights.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>

#include "base/check.hpp"
#include "base/node_memory.hpp"
#include "gguf/gguf_file.hpp"
#include "tensor/shared_tensor.hpp"
#include "tensor/threads.hpp"

namespace lorahub::checkpoint {
namespace {

using gguf::BlockType;
using gguf::GgufFile;
using gguf::StoredTensor;

constexpr const char* kRopeFactors = "rope_freqs.weight";

// --- Names

struct TensorName {
  std::string_view stored, here;
};
constexpr std::array kOutside{TensorName{"token_embd", "model.embed_tokens"},
                              TensorName{"output_norm", "model.norm"},
                              TensorName{"output", "lm_head"}};
constexpr std::array kOfBlock{TensorName{"attn_norm", "input_layernorm"},
                              TensorName{"ffn_norm", "post_attention_layernorm"},
                              TensorName{"attn_q", "self_attn.q_proj"},
                              TensorName{"attn_k", "self_attn.k_proj"},
                              TensorName{"attn_v", "self_attn.v_proj"},
                              TensorName{"attn_output", "self_attn.o_proj"},
                              TensorName{"attn_q_norm", "self_attn.q_norm"},
                              TensorName{"attn_k_norm", "self_attn.k_norm"},
                              TensorName{"ffn_gate", "mlp.gate_proj"},
                              TensorName{"ffn_up", "mlp.up_proj"},
                              TensorName{"ffn_down", "mlp.down_proj"}};

template <size_t N>
std::string_view here(const std::array<TensorName, N>& names, std::string_view stored) {
  for (const TensorName& name : names)
    if (name.stored == stored) return name.here;
  return "";
}

// "blk.3.attn_q.weight" is "model.layers.3.self_attn.q_proj.weight".
std::string name_here(const std::string& stored) {
  constexpr std::string_view kBlocks = "blk.";
  const std::string_view name = stored;
  const size_t last = name.rfind('.');
  if (last == std::string_view::npos) return stored;
  const std::string_view kind = name.substr(last), whole = name.substr(0, last);
  if (!whole.starts_with(kBlocks)) {
    const std::string_view found = here(kOutside, whole);
    return found.empty() ? stored : base::format("{}{}", found, kind);
  }
  const size_t dot = whole.find('.', kBlocks.size());
  if (dot == std::string_view::npos) return stored;
  const std::string_view found = here(kOfBlock, whole.substr(dot + 1));
  if (found.empty()) return stored;
  return base::format("model.layers.{}.{}{}", whole.substr(kBlocks.size(), dot - kBlocks.size()),
                      found, kind);
}

// --- Order of rows

// The heads whose rows llama.cpp pairs for its rotation, so that value i of a head lies beside
// value i + width / 2; 0: the rows are in Hugging Face's order.
int64_t paired_heads(const GgufFile& file, const std::string& name) {
  if (file.metadata.text("general.architecture") != "llama") return 0;
  const bool query =
      name.ends_with(".self_attn.q_proj.weight") || name.ends_with(".self_attn.q_proj.bias");
  const bool key =
      name.ends_with(".self_attn.k_proj.weight") || name.ends_with(".self_attn.k_proj.bias");
  if (!query && !key) return 0;
  const int64_t heads = file.metadata.needed_integer("llama.attention.head_count");
  return query ? heads : file.metadata.integer("llama.attention.head_count_kv").value_or(heads);
}

// A tensor whose values are computed, and where its rows go.
struct Computed {
  const StoredTensor* stored;
  std::string name;
  int64_t heads;  // 0: rows keep their order

  // All values are one row where rows keep their order. Of a vector, values are rows of one value.
  int64_t rows() const { return heads == 0 ? 1 : stored->sizes.front(); }
  int64_t columns() const { return stored->count() / rows(); }
  int64_t place_of(int64_t row) const {
    if (heads == 0) return row;
    const int64_t width = rows() / heads, at = row % width;
    return row - at + at % 2 * (width / 2) + at / 2;
  }
};

void check_heads(const Computed& tensor, const std::string& file) {
  if (tensor.heads == 0) return;
  base::check(tensor.heads > 0 && tensor.rows() % tensor.heads == 0 &&
                  tensor.rows() / tensor.heads % 2 == 0,
              "{}: tensor {} has {} rows for {} heads (each needs the same even number), convert "
              "the model again",
              file, tensor.stored->name, tensor.rows(), tensor.heads);
  base::check(tensor.stored->type.plain || tensor.columns() % gguf::kBlock == 0,
              "{}: tensor {} is a vector of type {} (its values change places, which those of a "
              "block can't), convert the model again",
              file, tensor.stored->name, tensor.stored->type.name);
}

// --- Values

at::ScalarType scalar_type(gguf::Plain plain) {
  switch (plain) {
    case gguf::Plain::f32:
      return at::kFloat;
    case gguf::Plain::f16:
      return at::kHalf;
    case gguf::Plain::bf16:
      return at::kBFloat16;
  }
  __builtin_unreachable();
}

float take_half(const char*& bytes) {
  uint16_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  bytes += sizeof bits;
  return static_cast<float>(at::Half(bits, at::Half::from_bits()));
}

// The product of a value of at most 8 bits and a scale of 11 bits is exact in f32, so only the sum
// rounds, as in the reference.
void unpack_block(const BlockType& type, const char* bytes, float* to) {
  const float d = take_half(bytes), m = type.has_minimum ? take_half(bytes) : 0;
  uint32_t fifth = 0;
  if (type.has_fifth_bit) {
    std::memcpy(&fifth, bytes, sizeof fifth);
    bytes += sizeof fifth;
  }
  for (int i = 0; i < gguf::kBlock; ++i) {
    int q;
    if (type.bits == 8) {
      q = static_cast<signed char>(bytes[i]);
    } else {
      const auto pair = static_cast<unsigned char>(bytes[i % 16]);
      q = (i < 16 ? pair & 15 : pair >> 4) | static_cast<int>(fifth >> i & 1) << 4;
    }
    to[i] = static_cast<float>(q - type.middle()) * d + m;
  }
}

at::Tensor mapped(const GgufFile& file, const StoredTensor& tensor) {
  return mapped_tensor(file.mapped, tensor.bytes,
                       {.type = scalar_type(*tensor.type.plain), .sizes = tensor.sizes});
}

void compute_plain(const GgufFile& file, const Computed& tensor, const at::Tensor& to) {
  const at::Tensor from = mapped(file, *tensor.stored);
  for (int64_t row = 0; row < tensor.rows(); ++row)
    to.select(0, tensor.place_of(row)).copy_(from.select(0, row));
}

// Values that are computed at a time, as f32, before they are stored in the type that is asked for.
constexpr int64_t kTile = 512 * gguf::kBlock;

void compute_blocks(const Computed& tensor, const at::Tensor& to) {
  const BlockType& type = *tensor.stored->type.blocks;
  const char* from = tensor.stored->bytes.data();
  const int64_t columns = tensor.columns();
  const at::Tensor tile = at::empty({std::min(kTile, columns)}, at::kFloat);
  auto* const values = tile.mutable_data_ptr<float>();
  const at::Tensor rows = to.view({tensor.rows(), columns});
  for (int64_t row = 0; row < tensor.rows(); ++row) {
    const at::Tensor whole = rows.select(0, tensor.place_of(row));
    for (int64_t begin = 0; begin < columns; begin += kTile) {
      const int64_t count = std::min(kTile, columns - begin);
      for (int64_t i = 0; i < count; i += gguf::kBlock, from += type.bytes())
        unpack_block(type, from, values + i);
      whole.narrow(0, begin, count).copy_(tile.narrow(0, 0, count));
    }
  }
}

// Vectors, or matrices: side by side in memory that the ranks of a node share.
void add_computed(const GgufFile& file, const std::vector<Computed>& computed, Conversion as,
                  Tensors& tensors) {
  int64_t total = 0;
  for (const Computed& tensor : computed) total += tensor.stored->count();
  if (total == 0) return;
  const auto point_into = [&](const at::Tensor& flat) {
    int64_t begin = 0;
    for (const Computed& tensor : computed) {
      const int64_t count = tensor.stored->count();
      tensors[tensor.name] = flat.narrow(0, begin, count).view(tensor.stored->sizes);
      begin += count;
    }
  };
  const auto fill = [&](const at::Tensor& memory) {
    point_into(memory);
    tensor::share(as.threads, static_cast<int>(computed.size()), [&](int i) {
      const Computed& tensor = computed[static_cast<size_t>(i)];
      const at::Tensor& to = tensors.at(tensor.name);
      if (tensor.stored->type.plain)
        compute_plain(file, tensor, to);
      else
        compute_blocks(tensor, to);
    });
  };
  point_into(tensor::shared_tensor(
      base::format("gguf {} of {} dimensions, {}", at::toString(as.dtype),
                   computed.front().stored->sizes.size(), base::file_identity(file.mapped->path())),
      {.type = as.dtype, .sizes = total}, fill));
}

}  // namespace

Tensors read_gguf_weights(const std::filesystem::path& path, Conversion to) {
  const GgufFile file = gguf::read_gguf(path);
  Tensors tensors;
  std::set<std::string> names;
  std::vector<Computed> vectors, matrices;
  for (const StoredTensor& stored : file.tensors) {
    if (stored.name == kRopeFactors) continue;
    const std::string name = name_here(stored.name);
    base::check(names.insert(name).second,
                "{}: has tensor {} by two names (which one counts?), convert the model again",
                path.string(), name);
    const Computed tensor{.stored = &stored, .name = name, .heads = paired_heads(file, name)};
    check_heads(tensor, path.string());
    if (stored.type.plain && tensor.heads == 0)
      tensors[name] = mapped(file, stored);
    else
      (stored.sizes.size() < 2 ? vectors : matrices).push_back(tensor);
  }
  add_computed(file, vectors, {at::kFloat, to.threads}, tensors);
  add_computed(file, matrices, to, tensors);
  return tensors;
}

}  // namespace lorahub::checkpoint
