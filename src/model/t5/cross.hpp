// Cross-attention of packed targets to packed sources, in the form that needs fewer operations.
#pragma once
#include "model/t5/layers.hpp"
#include "tensor/packed_attention.hpp"

namespace lorahub::model::t5 {

// Whether cross_absorbed() needs fewer operations than cross_projected() for these lengths.
bool short_targets(const T5Config& config, const tensor::Sides& sides);

// One layer's attention to the encoder's output.
struct Cross {
  const Attention& layer;
  const Adapter& adapter;
  const at::Tensor& encoded;  // E [P, source rows, d]
  tensor::Sides sides;
  int64_t heads = 0;
  const tensor::Products& by = tensor::exact();  // of q; keys and values are exact
};

// x [P, target rows, d] -> the rows that the output projection takes, [P, target rows, h * d_kv].
// K = E Wk^T, V = E Wv^T, attention: 4 S d a operations a layer for projecting S source rows.
at::Tensor cross_projected(const Cross& cross, const at::Tensor& x);

// Computes the same by associativity, without K and V: scores = (q_h Wk_h) E^T, output = (softmax
// E) Wv_h^T. All projections act on T target rows: about S / T times fewer operations while T is
// well below d_kv.
at::Tensor cross_absorbed(const Cross& cross, const at::Tensor& x);

}  // namespace lorahub::model::t5
