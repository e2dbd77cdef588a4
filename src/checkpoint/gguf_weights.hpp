// The tensors of a GGUF file as the model's network wants them.
#pragma once
#include <filesystem>

#include "checkpoint/weights.hpp"

namespace lorahub::checkpoint {

// By the names that Hugging Face gives them. Tensors of plain types stay mapped; those that are
// quantised, and those whose rows llama.cpp stores in an order of its own (queries and keys of the
// architecture "llama"), are computed in memory that the ranks of a node share, vectors as f32 and
// matrices as asked, without a copy in another type. What is unknown keeps its name, so that the
// network refuses it. rope_freqs.weight is left out: it belongs to the model's settings.
Tensors read_gguf_weights(const std::filesystem::path& file, Conversion to = {at::kFloat});

}  // namespace lorahub::checkpoint
