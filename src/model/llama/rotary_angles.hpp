// The angles of rotary position embeddings.
#pragma once
#include "model/llama/llama_config.hpp"
#include "tensor/rotary.hpp"

namespace lorahub::model::llama {

// Cosines and sines of these positions [rows], int64, on their device, times the amplitude of the
// kind of RoPE.
tensor::Rotation rotation(const LlamaConfig& config, const at::Tensor& positions);

// The angle per position of each pair of values, [head_dim / 2], f32.
at::Tensor angles(const Rope& rope, int64_t head_dim);

}  // namespace lorahub::model::llama
