#include "tensor/dropout.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "base/fast_loop.hpp"

namespace lorahub::tensor {
namespace {

struct MaskDraw {
  uint32_t key[2];
  uint32_t place;
  uint32_t threshold;  // words below it drop
  float scale;         // 1 / (1 - rate)
};

MaskDraw draw_of(const Mask& mask) {
  return {.key = {mask.key[0], mask.key[1]},
          .place = mask.place,
          .threshold = static_cast<uint32_t>(mask.rate * 4294967296.0),
          .scale = static_cast<float>(1 / (1 - mask.rate))};
}

constexpr int64_t kBlocks = 256;  // of Philox, made together

// out[w][b] is word w of block first + b of base::philox({block, place, 0, 0}, key).
LORAHUB_FAST_LOOP void philox_words(uint32_t (*__restrict out)[kBlocks], uint32_t first,
                                    const MaskDraw& draw) {
  const uint32_t key0 = draw.key[0], key1 = draw.key[1], place = draw.place;
  for (uint32_t b = 0; b < kBlocks; ++b) {
    uint64_t c0 = first + b, c1 = place, c2 = 0, c3 = 0;  // words in the lower halves
    uint32_t k0 = key0, k1 = key1;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
      const uint64_t p0 = uint64_t{0xD2511F53} * static_cast<uint32_t>(c0);
      const uint64_t p1 = uint64_t{0xCD9E8D57} * static_cast<uint32_t>(c2);
      c0 = (p1 >> 32) ^ c1 ^ k0;
      c1 = p1;
      c2 = (p0 >> 32) ^ c3 ^ k1;
      c3 = p0;
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    out[0][b] = static_cast<uint32_t>(c0);
    out[1][b] = static_cast<uint32_t>(c1);
    out[2][b] = static_cast<uint32_t>(c2);
    out[3][b] = static_cast<uint32_t>(c3);
  }
}

struct Stretch {
  const float* x;
  float* y;
  int64_t count;
};

LORAHUB_FAST_LOOP void drop_loop(const Stretch& stretch, const uint32_t* __restrict words,
                                 const MaskDraw& draw) {
  const float* __restrict x = stretch.x;
  float* __restrict y = stretch.y;
  const int64_t count = stretch.count;
  const uint32_t threshold = draw.threshold;
  const float scale = draw.scale;
  for (int64_t i = 0; i < count; ++i) y[i] = words[i] < threshold ? 0.0f : x[i] * scale;
}

// Element e of a chunk of 4 * kBlocks elements takes word e / kBlocks of block e mod kBlocks.
void drop_into(const float* x, float* y, int64_t count, const MaskDraw& draw) {
  uint32_t words[4][kBlocks];
  for (int64_t begin = 0; begin < count; begin += 4 * kBlocks) {
    philox_words(words, static_cast<uint32_t>(begin / 4), draw);
    drop_loop({.x = x + begin, .y = y + begin, .count = std::min(4 * kBlocks, count - begin)},
              words[0], draw);
  }
}

at::Tensor masked(const at::Tensor& x, const Mask& mask) {
  const bool direct = x.is_cpu() && x.scalar_type() == at::kFloat;
  const at::Tensor plain = direct ? x.contiguous() : at::ones(x.sizes(), at::kFloat);
  at::Tensor y = at::empty_like(plain);
  drop_into(plain.const_data_ptr<float>(), y.mutable_data_ptr<float>(), y.numel(), draw_of(mask));
  return direct ? y : x * y.to(x.options());
}

class Dropped : public torch::autograd::Function<Dropped> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const Mask& mask) {
    context->saved_data["rate"] = mask.rate;
    context->saved_data["key0"] = static_cast<int64_t>(mask.key[0]);
    context->saved_data["key1"] = static_cast<int64_t>(mask.key[1]);
    context->saved_data["place"] = static_cast<int64_t>(mask.place);
    return masked(x, mask);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto word = [&](const char* name) {
      return static_cast<uint32_t>(context->saved_data[name].toInt());
    };
    const Mask mask{.rate = context->saved_data["rate"].toDouble(),
                    .key = {word("key0"), word("key1")},
                    .place = word("place")};
    return {masked(gradients[0], mask), {}};
  }
};

}  // namespace

at::Tensor drop(const at::Tensor& x, const Mask& mask) {
  return mask.rate > 0 ? Dropped::apply(x, mask) : x;
}

}  // namespace lorahub::tensor
