#include "tensor/rotary.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <cstdint>

#include "base/fast_loop.hpp"

namespace lorahub::tensor {
namespace {

struct HeadRows {
  int64_t heads, half;  // half: width / 2
  float scale;
};

// One row of all heads.
LORAHUB_FAST_LOOP void rotate_row_loop(float* __restrict x, const float* __restrict cos,
                                       const float* __restrict sin, const HeadRows& rows) {
  const int64_t half = rows.half;
  const float scale = rows.scale;
  for (int64_t head = 0; head < rows.heads; ++head, x += 2 * half) {
    LORAHUB_INDEPENDENT
    for (int64_t i = 0; i < half; ++i) {
      const float a = x[i], b = x[half + i];
      x[i] = (a * cos[i] - b * sin[i]) * scale;
      x[half + i] = (b * cos[i] + a * sin[i]) * scale;
    }
  }
}

bool is_plain_rows(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous() && !x.requires_grad();
}

}  // namespace

at::Tensor rotate(at::Tensor x, const Rotation& by, double scale) {
  RECORD_USER_SCOPE("rotary");
  const int64_t rows = by.cos.size(0), half = by.cos.size(1);
  if (x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf) x = x.to(at::kFloat);
  if (!is_plain_rows(x)) {
    const at::Tensor heads = x.unflatten(2, {-1, 2, half});  // [P, rows, h, 2, half]
    const at::Tensor a = heads.select(3, 0), b = heads.select(3, 1);
    const at::Tensor cos = by.cos.unsqueeze(1), sin = by.sin.unsqueeze(1);
    const at::Tensor rotated = at::stack({a * cos - b * sin, b * cos + a * sin}, 3) * scale;
    return rotated.flatten(2);
  }
  const HeadRows head_rows{
      .heads = x.size(2) / (2 * half), .half = half, .scale = static_cast<float>(scale)};
  float* row = x.mutable_data_ptr<float>();
  const float *cos = by.cos.const_data_ptr<float>(), *sin = by.sin.const_data_ptr<float>();
  for (int64_t p = 0; p < x.size(0); ++p)
    for (int64_t i = 0; i < rows; ++i, row += x.size(2))
      rotate_row_loop(row, cos + i * half, sin + i * half, head_rows);
  return x;
}

}  // namespace lorahub::tensor
