#include "tensor/differentiable.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/fast_loop.hpp"
#include "tensor/cpu/exponential.hpp"
#include "tensor/kernels.hpp"
#include "tensor/matmul.hpp"

namespace lorahub::tensor::differentiable {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kManyWeights = 1 << 17;  // below, LibTorch's own product is as fast

bool plain(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat; }

// Y = X W^T:  dX = dY W,  dW = dY^T X.
class MatmulFunction : public torch::autograd::Function<MatmulFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& weight) {
    context->save_for_backward({weight.requires_grad() ? x : at::Tensor(), weight});
    return rows_product(x, weight);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const at::Tensor dy = gradients[0].contiguous();
    at::Tensor dx, dw;
    if (context->needs_input_grad(0)) dx = rows_product(dy, weight.t());
    if (context->needs_input_grad(1)) dw = at::mm(dy.flatten(0, -2).t(), x.flatten(0, -2));
    return {dx, dw};
  }
};

struct NormRows {
  int64_t count, width;
  float epsilon;
};

// With r = 1 / sqrt(mean(x^2) + epsilon) and g = dy w:  dx = r (g - x r^2 mean(g x)),  dw += dy x
// r.
LORAHUB_FAST_LOOP void norm_backward_loop(const float* __restrict x, const float* __restrict w,
                                          const float* __restrict dy, float* __restrict dx,
                                          float* __restrict dw, const NormRows& rows) {
  constexpr int64_t kLanes = 16;
  const int64_t width = rows.width, whole = width - width % kLanes;
  for (int64_t row = 0; row < rows.count; ++row, x += width, dy += width, dx += width) {
    float squares[kLanes] = {}, products[kLanes] = {};
    for (int64_t i = 0; i < whole; i += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        squares[lane] += x[i + lane] * x[i + lane];
        products[lane] += dy[i + lane] * w[i + lane] * x[i + lane];
      }
    }
    float square = 0, product = 0;
    for (int64_t i = whole; i < width; ++i) {
      square += x[i] * x[i];
      product += dy[i] * w[i] * x[i];
    }
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      square += squares[lane];
      product += products[lane];
    }
    const auto n = static_cast<float>(width);
    const float r = 1.0f / __builtin_sqrtf(square / n + rows.epsilon);
    const float along = r * r * r * product / n;
    for (int64_t i = 0; i < width; ++i) dx[i] = dy[i] * w[i] * r - x[i] * along;
    if (dw != nullptr)
      for (int64_t i = 0; i < width; ++i) dw[i] += dy[i] * x[i] * r;
  }
}

class RmsNormFunction : public torch::autograd::Function<RmsNormFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            double epsilon) {
    context->save_for_backward({x, weight});
    context->saved_data["epsilon"] = epsilon;
    return tensor::rms_norm(x, weight, epsilon, at::kFloat);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor x = saved[0].contiguous(), dy = gradients[0].contiguous();
    at::Tensor dx = at::empty_like(x);
    at::Tensor dw;
    if (context->needs_input_grad(1)) dw = at::zeros_like(saved[1]);
    const NormRows rows{.count = x.numel() / x.size(-1),
                        .width = x.size(-1),
                        .epsilon = static_cast<float>(context->saved_data["epsilon"].toDouble())};
    norm_backward_loop(x.const_data_ptr<float>(), saved[1].const_data_ptr<float>(),
                       dy.const_data_ptr<float>(), dx.mutable_data_ptr<float>(),
                       dw.defined() ? dw.mutable_data_ptr<float>() : nullptr, rows);
    return {dx, dw, {}};
  }
};

// With s = 1 / (1 + e^(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x^3): gelu = x s and
// gelu' = s + 2 x s (1 - s) u'.
LORAHUB_FAST_LOOP void gate_backward_loop(const float* __restrict hidden,
                                          const float* __restrict gate, const float* __restrict dy,
                                          float* __restrict dhidden, float* __restrict dgate,
                                          const int64_t& count) {
  for (int64_t i = 0; i < count; ++i) {
    const float x = hidden[i];
    float y = -1.5957691216f * (x + 0.044715f * x * x * x);  // -2 u
    y = y < -80.0f ? -80.0f : y;
    y = y > 80.0f ? 80.0f : y;
    const float s = 1.0f / (1.0f + exponential(y));
    const float slope =
        s + x * s * (1.0f - s) * 1.5957691216f * (1.0f + 0.134145f * x * x);  // 2 u'
    dhidden[i] = dy[i] * gate[i] * slope;
    dgate[i] = dy[i] * x * s;
  }
}

class Gate : public torch::autograd::Function<Gate> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden,
                            const at::Tensor& gate) {
    context->save_for_backward({hidden, gate});
    return tensor::gelu_gate(hidden.clone(), gate);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor hidden = saved[0].contiguous(), gate = saved[1].contiguous();
    const at::Tensor dy = gradients[0].contiguous();
    at::Tensor dhidden = at::empty_like(hidden), dgate = at::empty_like(gate);
    gate_backward_loop(hidden.const_data_ptr<float>(), gate.const_data_ptr<float>(),
                       dy.const_data_ptr<float>(), dhidden.mutable_data_ptr<float>(),
                       dgate.mutable_data_ptr<float>(), dy.numel());
    return {dhidden, dgate};
  }
};

// With s = 1 / (1 + e^(-x)): silu = x s and silu' = s + x s (1 - s).
class SiluGate : public torch::autograd::Function<SiluGate> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden,
                            const at::Tensor& gate) {
    context->save_for_backward({hidden, gate});
    return tensor::silu_gate(hidden.clone(), gate);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& hidden = saved[0];
    const at::Tensor dy = gradients[0].contiguous(), s = hidden.sigmoid();
    const at::Tensor silu = hidden * s;
    return {dy * saved[1] * (s + silu * (1 - s)), dy * silu};
  }
};

// S = Q K^T:  dQ = dS K,  dK = dS^T Q.
class Scores : public torch::autograd::Function<Scores> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k,
                            at::ScalarType type) {
    context->save_for_backward({q.to(type), k.to(type)});
    return at::matmul(q, k.transpose(-2, -1));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1];
    const at::Tensor ds = gradients[0].to(q.scalar_type());
    const auto wide = gradients[0].scalar_type();
    return {at::matmul(ds, k).to(wide), at::matmul(ds.transpose(-2, -1), q).to(wide), {}};
  }
};

}  // namespace

at::Tensor product(const at::Tensor& x, const at::Tensor& weight) {
  if (plain(x) && plain(weight) && weight.numel() >= kManyWeights)
    return MatmulFunction::apply(x.contiguous(), weight);
  return at::matmul(x, weight.t());
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  if (plain(x) && plain(weight))
    return RmsNormFunction::apply(x.contiguous(), weight.contiguous(), epsilon);
  return x * (x.square().mean(-1, true) + epsilon).rsqrt() * weight;
}

at::Tensor gelu_gate(const at::Tensor& hidden, const at::Tensor& gate) {
  if (plain(hidden) && plain(gate)) return Gate::apply(hidden, gate);
  return at::gelu(hidden, "tanh") * gate;
}

at::Tensor silu_gate(const at::Tensor& hidden, const at::Tensor& gate) {
  if (plain(hidden) && plain(gate)) return SiluGate::apply(hidden, gate);
  return at::silu(hidden) * gate;
}

at::Tensor scores(const at::Tensor& q, const at::Tensor& k, at::ScalarType type) {
  if (type != q.scalar_type()) return Scores::apply(q, k, type);
  return at::matmul(q, k.transpose(-2, -1));
}

}  // namespace lorahub::tensor::differentiable
