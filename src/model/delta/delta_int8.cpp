// Delta evaluation's products in int8, by the kernels that LibTorch has for quantised networks.
#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/fast_loop.hpp"
#include "model/delta/delta.hpp"
#include "tensor/threads.hpp"

namespace lorahub::model::delta {
namespace {

constexpr int kZero = 128;    // the byte of 0: the kernels take unsigned inputs
constexpr float kMost = 127;  // of a byte less kZero, and of a weight

using Maybe = std::optional<at::Tensor>;
using Scalars = c10::List<std::optional<at::Scalar>>;
using QLinear = at::Tensor(at::Tensor, double, int64_t, at::Tensor, at::Tensor, at::Tensor, Maybe,
                           double, int64_t, std::optional<at::ScalarType>, std::string_view,
                           Scalars, std::string_view);
using Prepack = at::Tensor(at::Tensor, std::optional<c10::List<int64_t>>);

template <class Signature>
c10::TypedOperatorHandle<Signature> operation(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

// The Hadamard matrix has this size, and turns as many equal parts of a row: the largest power of
// two that divides the width, up to a size behind which the stages cost more than they spread.
int64_t parts_of(int64_t width) {
  constexpr int64_t kMostParts = 512;
  return std::min(width & -width, kMostParts);
}

LORAHUB_FAST_LOOP void sums_and_differences(float* __restrict a, float* __restrict b,
                                            const int64_t& count) {
  for (int64_t i = 0; i < count; ++i) {
    const float sum = a[i] + b[i], difference = a[i] - b[i];
    a[i] = sum;
    b[i] = difference;
  }
}

// All but the factor 1 / sqrt(parts). Each stage works on runs of memory.
void turn(float* row, int64_t width) {
  const int64_t shortest = width / parts_of(width);
  for (int64_t run = width / 2; run >= shortest; run /= 2)
    for (float* a = row; a < row + width; a += 2 * run) sums_and_differences(a, a + run, run);
}

// d = x - x0
LORAHUB_FAST_LOOP void subtract(float* __restrict d, const float* __restrict x,
                                const float* __restrict x0, const int64_t& count) {
  for (int64_t i = 0; i < count; ++i) d[i] = x[i] - x0[i];
}

// The largest |x - x0|, NaN when one of them is not finite.
LORAHUB_FAST_LOOP float largest_difference(const float* __restrict x, const float* __restrict x0,
                                           const int64_t& count) {
  constexpr int64_t kLanes = 16;
  const int64_t whole = count - count % kLanes;
  float lanes[kLanes] = {}, strange[kLanes] = {};
  for (int64_t i = 0; i < whole; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const float d = __builtin_fabsf(x[i + lane] - x0[i + lane]);
      lanes[lane] = d > lanes[lane] ? d : lanes[lane];
      strange[lane] += d * 0;
    }
  }
  float most = 0;
  for (int64_t i = whole; i < count; ++i) {
    const float d = __builtin_fabsf(x[i] - x0[i]);
    most = d > most ? d : most;
    strange[0] += d * 0;
  }
  for (const float lane : lanes) most = lane > most ? lane : most;
  for (const float lane : strange) most += lane;
  return most;
}

// (x - x0) * inverse, rounded, as bytes.
struct DifferenceRow {
  const float *x, *x0;
  int64_t count;
  float inverse;
};
constexpr float kRound = 12582912.0f;  // added and taken away again, it rounds to an integer
LORAHUB_FAST_LOOP void round_difference(const DifferenceRow& row, uint8_t* __restrict bytes) {
  const float* __restrict x = row.x;
  const float* __restrict x0 = row.x0;
  const int64_t count = row.count;
  const float inverse = row.inverse;
  for (int64_t i = 0; i < count; ++i) {
    const float rounded = ((x[i] - x0[i]) * inverse + kRound) - kRound;
    bytes[i] = static_cast<uint8_t>(static_cast<int32_t>(rounded) + kZero);
  }
}

// The same, and what the rounding leaves, in steps that are kFiner times smaller: at most kMost of
// them.
constexpr float kFiner = 2 * kMost;
LORAHUB_FAST_LOOP void round_difference_and_rest(const DifferenceRow& row,
                                                 uint8_t* __restrict bytes,
                                                 uint8_t* __restrict rest) {
  const float* __restrict x = row.x;
  const float* __restrict x0 = row.x0;
  const int64_t count = row.count;
  const float inverse = row.inverse;
  for (int64_t i = 0; i < count; ++i) {
    const float steps = (x[i] - x0[i]) * inverse;
    const float rounded = (steps + kRound) - kRound;
    const float finer = ((steps - rounded) * kFiner + kRound) - kRound;
    bytes[i] = static_cast<uint8_t>(static_cast<int32_t>(rounded) + kZero);
    rest[i] = static_cast<uint8_t>(static_cast<int32_t>(finer) + kZero);
  }
}

// y = y0 + scale y
LORAHUB_FAST_LOOP void scale_plus(float* __restrict y, const float* __restrict y0,
                                  const int64_t& count, const float& scale) {
  for (int64_t i = 0; i < count; ++i) y[i] = y0[i] + scale * y[i];
}

// y += rest / kFiner
LORAHUB_FAST_LOOP void add_rest(float* __restrict y, const float* __restrict rest,
                                const int64_t& count) {
  for (int64_t i = 0; i < count; ++i) y[i] += rest[i] * (1 / kFiner);
}

// sum += y
LORAHUB_FAST_LOOP void add(float* __restrict sum, const float* __restrict y, const int64_t& count) {
  for (int64_t i = 0; i < count; ++i) sum[i] += y[i];
}

// How inputs become bytes.
struct Rounding {
  bool turned = false;
  bool with_rest = false;  // two bytes a value
  bool operator==(const Rounding&) const = default;
};

// x - x0 as bytes and a scale of each row.
struct Rounded {
  at::Tensor bytes;           // [P * rows, in], and as many rows again for the rest
  std::vector<float> scales;  // of the P * rows
};

Rounded rounded(const at::Tensor& x, const at::Tensor& x0, const Rounding& how) {
  const int64_t rows = x.size(1), width = x.size(2), all = x.size(0) * rows;
  Rounded r{.bytes = at::empty({how.with_rest ? 2 * all : all, width}, at::kByte),
            .scales = std::vector<float>(static_cast<size_t>(all))};
  const float *from = x.const_data_ptr<float>(), *centre = x0.const_data_ptr<float>();
  auto* to = r.bytes.mutable_data_ptr<uint8_t>();
  std::vector<float> moved(how.turned ? static_cast<size_t>(width) : 0), nothing(moved.size());
  for (int64_t i = 0; i < all; ++i) {
    DifferenceRow row{.x = from + i * width, .x0 = centre + i % rows * width, .count = width};
    if (how.turned) {
      subtract(moved.data(), row.x, row.x0, width);
      turn(moved.data(), width);
      row.x = moved.data();
      row.x0 = nothing.data();
    }
    const float most = largest_difference(row.x, row.x0, width);
    r.scales[static_cast<size_t>(i)] = most / kMost;
    row.inverse = most > 0 ? kMost / most : 0;
    if (how.with_rest)
      round_difference_and_rest(row, to + i * width, to + (all + i) * width);
    else
      round_difference(row, to + i * width);
  }
  return r;
}

// Weights [out, in] whose rows are turned, and divided by the parts for both turns.
at::Tensor turned_rows(const at::Tensor& weight) {
  at::Tensor turned = weight.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous();
  const int64_t width = turned.size(1);
  float* row = turned.mutable_data_ptr<float>();
  for (int64_t i = 0; i < turned.size(0); ++i) turn(row + i * width, width);
  return turned.div_(static_cast<double>(parts_of(width)));
}

// Weights with a scale an output (largest |w| / 127), in the library's own order.
class Int8Weights : public NarrowWeights {
 public:
  Int8Weights(const DeltaLayers& layers, const Int8Form& form) : is_turned_(form.outlying_inputs) {
    for (const tensor::Linear* layer : layers) by_slot_[layer->slot];
    tensor::share(form.threads, static_cast<int>(layers.size()), [&](int i) {
      const c10::InferenceMode inference;
      const tensor::Linear& layer = *layers[static_cast<size_t>(i)];
      by_slot_.at(layer.slot) = packed(is_turned_ ? turned_rows(layer.weight) : layer.weight);
    });
  }

  // x W^T [rows, out] in f32 for x [rows, in] in bytes, where a byte stands for its value minus
  // kZero.
  at::Tensor times(const at::Tensor& x, int slot) const {
    static const auto multiply = operation<QLinear>("onednn::qlinear_pointwise");
    static const Maybe no_bias;
    const Packed& w = by_slot_.at(slot);
    return multiply.call(x, 1.0, kZero, w.weight, w.scale, w.zero, no_bias, 1.0, 0, at::kFloat,
                         "none", Scalars(), "");
  }

  std::unique_ptr<tensor::Products> products(const Trajectory& centre) const override;
  bool is_turned() const { return is_turned_; }

 private:
  struct Packed {
    at::Tensor weight, scale, zero;
  };
  static Packed packed(const at::Tensor& weight) {
    static const auto prepack = operation<Prepack>("onednn::qlinear_prepack");
    static const std::optional<c10::List<int64_t>> no_shape;
    const at::Tensor scale = weight.abs().amax(1).clamp_min(1e-30) / kMost;
    const at::Tensor whole = (weight / scale.unsqueeze(1)).round_().to(at::kChar);
    return {.weight = prepack.call(whole, no_shape),
            .scale = scale,
            .zero = at::zeros({scale.size(0)}, at::kLong)};
  }
  bool is_turned_;
  std::map<int, Packed> by_slot_;
};

class Int8Products : public tensor::Products {
 public:
  Int8Products(const Int8Weights& weights, const Trajectory& centre)
      : weights_(weights), centre_(centre) {}

  at::Tensor product(const at::Tensor& x, const tensor::Linear& layer) const override {
    RECORD_USER_SCOPE("linears");
    const Trajectory::LinearActivations& place = centre_.places.at(layer.slot);
    round(x, place.x0, {.turned = weights_.is_turned()});
    at::Tensor y = weights_.times(last_.bytes, layer.slot);
    each_row(y, place.y0, scale_plus);
    return y.view({x.size(0), x.size(1), y.size(1)});
  }

  // What is added to a sum is the output of attention or of a gated layer, which no norm has
  // passed: where inputs outlie, they do most there, and are taken as two bytes.
  at::Tensor plus_product(at::Tensor sum, const at::Tensor& x,
                          const tensor::Linear& layer) const override {
    RECORD_USER_SCOPE("linears");
    const Trajectory::LinearActivations& place = centre_.places.at(layer.slot);
    round(x, place.x0, {.turned = weights_.is_turned(), .with_rest = weights_.is_turned()});
    const at::Tensor y = weights_.times(last_.bytes, layer.slot);
    const float* rest = last_how_.with_rest ? y.const_data_ptr<float>() + y.numel() / 2 : nullptr;
    float* to = sum.mutable_data_ptr<float>();
    each_row(y, place.y0, [&](float* row, const float* y0, const int64_t& width, float scale) {
      if (rest != nullptr) {
        add_rest(row, rest, width);
        rest += width;
      }
      scale_plus(row, y0, width, scale);  // the row stays in the cache
      add(to, row, width);
      to += width;
    });
    return sum;
  }

 private:
  // Q(x - x0), which is multiplied by Q(W) and then by the scale of each row. Layers that read the
  // same share what is rounded.
  void round(const at::Tensor& x, const at::Tensor& x0, const Rounding& how) const {
    if (last_input_.is_same(x) && last_how_ == how) return;
    last_input_ = x;
    last_how_ = how;
    last_ = rounded(x.contiguous(), x0, how);
  }

  template <class Work>
  void each_row(const at::Tensor& y, const at::Tensor& y0, const Work& work) const {
    const int64_t rows = y0.size(1), width = y0.size(2);
    float* from = y.mutable_data_ptr<float>();
    for (size_t row = 0; row < last_.scales.size(); ++row)
      work(from + static_cast<int64_t>(row) * width,
           y0.const_data_ptr<float>() + static_cast<int64_t>(row) % rows * width, width,
           last_.scales[row]);
  }

  const Int8Weights& weights_;
  const Trajectory& centre_;
  mutable at::Tensor last_input_;
  mutable Rounding last_how_;
  mutable Rounded last_;
};

std::unique_ptr<tensor::Products> Int8Weights::products(const Trajectory& centre) const {
  return std::make_unique<Int8Products>(*this, centre);
}

}  // namespace

void check_int8(base::Device device) {
  bool able = false;
#if defined(__x86_64__) && defined(__GNUC__)
  able = device == base::Device::cpu && __builtin_cpu_supports("avx512vnni") != 0;
#endif
  base::check(able,
              "precision delta-int8 needs a CPU with AVX512-VNNI (others round the sums of "
              "bytes, a GPU multiplies otherwise), use delta-bf16 or f32");
}

std::shared_ptr<const NarrowWeights> int8_weights(const DeltaLayers& layers, const Int8Form& form) {
  for (const tensor::Linear* layer : layers)
    check_int8(layer->weight.is_cpu() ? base::Device::cpu : base::Device::cuda);
  return std::make_shared<const Int8Weights>(layers, form);
}

}  // namespace lorahub::model::delta
