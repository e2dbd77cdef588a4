// Rotary position embeddings: a pair of values of a head, half its width apart, is rotated by an
// angle that grows with the position of its row.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::tensor {

struct Rotation {
  at::Tensor cos, sin;  // [rows, width / 2], f32
};

// Rotates the heads of rows [P, rows, h * width] and multiplies by `scale`, in f32: values x1 and
// x2 become x1 cos - x2 sin and x2 cos + x1 sin. May write into `x`. Differentiable where it is not
// f32 on the CPU, or needs a gradient.
at::Tensor rotate(at::Tensor x, const Rotation& by, double scale);

}  // namespace lorahub::tensor
