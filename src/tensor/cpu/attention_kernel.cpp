#include "tensor/cpu/attention_kernel.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

#include "tensor/cpu/exponential.hpp"

namespace lorahub::tensor {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define LORAHUB_HEADS __attribute__((target("arch=x86-64-v4"), optimize("O3")))

namespace {

constexpr int64_t kLanes = 16;
constexpr __mmask16 kAll = 0xffff;  // unmasked, g++ 12 warns of its own header
constexpr int kRows = 8;            // queries of a block
constexpr int kVectors = 3;         // of keys: 24 of the 32 registers hold sums

int64_t whole(int64_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

LORAHUB_HEADS inline __m512 low_pairs(__m512 x, __m512 y) {
  return _mm512_castpd_ps(_mm512_maskz_unpacklo_pd(0xff, _mm512_castps_pd(x), _mm512_castps_pd(y)));
}
LORAHUB_HEADS inline __m512 high_pairs(__m512 x, __m512 y) {
  return _mm512_castpd_ps(_mm512_maskz_unpackhi_pd(0xff, _mm512_castps_pd(x), _mm512_castps_pd(y)));
}

// Up to 16 rows of 16 values, `stride` apart, become 16 rows, `wide` apart, zero behind the last.
LORAHUB_HEADS void turn_block(const float* from, int64_t stride, int64_t rows, float* to,
                              int64_t wide) {
  __m512 a[kLanes], b[kLanes];
  for (int i = 0; i < kLanes; ++i)
    a[i] = i < rows ? _mm512_loadu_ps(from + i * stride) : _mm512_setzero_ps();
  for (int i = 0; i < kLanes; i += 2) {
    b[i] = _mm512_maskz_unpacklo_ps(kAll, a[i], a[i + 1]);
    b[i + 1] = _mm512_maskz_unpackhi_ps(kAll, a[i], a[i + 1]);
  }
  for (int i = 0; i < kLanes; i += 4) {
    a[i] = low_pairs(b[i], b[i + 2]);
    a[i + 1] = high_pairs(b[i], b[i + 2]);
    a[i + 2] = low_pairs(b[i + 1], b[i + 3]);
    a[i + 3] = high_pairs(b[i + 1], b[i + 3]);
  }
  // a[4 g + c]: column c + 4 l of rows 4 g .. 4 g + 3 in the l-th quarter.
  for (int c = 0; c < 4; ++c) {
    const __m512 even = _mm512_maskz_shuffle_f32x4(kAll, a[c], a[4 + c], 0x88);
    const __m512 odd = _mm512_maskz_shuffle_f32x4(kAll, a[c], a[4 + c], 0xdd);
    const __m512 even2 = _mm512_maskz_shuffle_f32x4(kAll, a[8 + c], a[12 + c], 0x88);
    const __m512 odd2 = _mm512_maskz_shuffle_f32x4(kAll, a[8 + c], a[12 + c], 0xdd);
    _mm512_storeu_ps(to + c * wide, _mm512_maskz_shuffle_f32x4(kAll, even, even2, 0x88));
    _mm512_storeu_ps(to + (c + 4) * wide, _mm512_maskz_shuffle_f32x4(kAll, odd, odd2, 0x88));
    _mm512_storeu_ps(to + (c + 8) * wide, _mm512_maskz_shuffle_f32x4(kAll, even, even2, 0xdd));
    _mm512_storeu_ps(to + (c + 12) * wide, _mm512_maskz_shuffle_f32x4(kAll, odd, odd2, 0xdd));
  }
}

// y [rows, vectors * 16] = x [rows, inner] m [inner, ..]; each row of x and y, and of m, its stride
// apart.
struct VectorProduct {
  const float* x;
  const float* m;
  float* y;
  int64_t inner, x_stride, m_stride, y_stride;
};

template <int rows, int vectors>
LORAHUB_HEADS void multiply_block(const VectorProduct& p) {
  __m512 sums[rows][vectors];
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) sums[r][v] = _mm512_setzero_ps();
  for (int64_t i = 0; i < p.inner; ++i) {
    __m512 m[vectors];
    for (int v = 0; v < vectors; ++v) m[v] = _mm512_loadu_ps(p.m + i * p.m_stride + v * kLanes);
    for (int r = 0; r < rows; ++r) {
      const __m512 x = _mm512_set1_ps(p.x[r * p.x_stride + i]);
      for (int v = 0; v < vectors; ++v) sums[r][v] = _mm512_fmadd_ps(x, m[v], sums[r][v]);
    }
  }
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v)
      _mm512_storeu_ps(p.y + r * p.y_stride + v * kLanes, sums[r][v]);
}

using BlockProduct = void (*)(const VectorProduct&);
template <int vectors>
constexpr std::array<BlockProduct, kRows> kernels{
    multiply_block<1, vectors>, multiply_block<2, vectors>, multiply_block<3, vectors>,
    multiply_block<4, vectors>, multiply_block<5, vectors>, multiply_block<6, vectors>,
    multiply_block<7, vectors>, multiply_block<8, vectors>};
constexpr std::array<const std::array<BlockProduct, kRows>*, kVectors> by_vectors{
    &kernels<1>, &kernels<2>, &kernels<3>};

// Multiplies at most kRows rows by `columns` columns, a multiple of 16.
void multiply(VectorProduct p, int64_t rows, int64_t columns) {
  for (int64_t left = columns / kLanes; left > 0;) {
    // Four vectors are taken as two and two, so that the last step, too, keeps the registers busy.
    const int64_t vectors = left == 4 ? 2 : std::min<int64_t>(left, kVectors);
    (*by_vectors[static_cast<size_t>(vectors - 1)])[static_cast<size_t>(rows - 1)](p);
    p.m += vectors * kLanes;
    p.y += vectors * kLanes;
    left -= vectors;
  }
}

// e^y for y <= 0 to 1 ulp, 0 from -87 down; NaN stays NaN.
LORAHUB_HEADS inline __m512 exponential(__m512 y) {
  const __mmask16 none = _mm512_cmp_ps_mask(y, _mm512_set1_ps(-87), _CMP_LT_OQ);
  const __m512 n = _mm512_maskz_roundscale_ps(kAll, _mm512_mul_ps(y, _mm512_set1_ps(kPerLn2)),
                                              _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(kLn2), y);
  r = _mm512_fmadd_ps(n, _mm512_set1_ps(kLn2Excess), r);
  __m512 p = _mm512_set1_ps(kExpCoefficients[0]);
  for (int i = 1; i < 6; ++i) p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(kExpCoefficients[i]));
  p = _mm512_add_ps(_mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r), _mm512_set1_ps(1));
  return _mm512_mask_mov_ps(_mm512_maskz_scalef_ps(kAll, p, n), none, _mm512_setzero_ps());
}

struct Largest {
  float operator()(float a, float b) const { return a < b ? b : a; }
};
struct Addition {
  float operator()(float a, float b) const { return a + b; }
};
template <class Join>
LORAHUB_HEADS float across_lanes(__m512 v) {
  float lanes[kLanes];
  _mm512_storeu_ps(lanes, v);
  for (int64_t half = kLanes / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i) lanes[i] = Join()(lanes[i], lanes[i + half]);
  return lanes[0];
}

// Adds the bias to a row of scores, replaces each by e^(score - the largest), with zeros behind the
// last, and returns their sum.
LORAHUB_HEADS float weigh(float* scores, const float* bias, int64_t count) {
  __m512 most = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < count; i += kLanes) {
    const __mmask16 here =
        static_cast<__mmask16>(count - i >= kLanes ? 0xffff : (1 << (count - i)) - 1);
    __m512 s = _mm512_mask_loadu_ps(_mm512_set1_ps(-std::numeric_limits<float>::infinity()), here,
                                    scores + i);
    if (bias != nullptr) s = _mm512_add_ps(s, _mm512_maskz_loadu_ps(here, bias + i));
    _mm512_storeu_ps(scores + i, s);
    most = _mm512_maskz_max_ps(kAll, most, s);
  }
  const __m512 largest = _mm512_set1_ps(across_lanes<Largest>(most));
  __m512 sum = _mm512_setzero_ps();
  for (int64_t i = 0; i < count; i += kLanes) {
    const __m512 e = exponential(_mm512_sub_ps(_mm512_loadu_ps(scores + i), largest));
    _mm512_storeu_ps(scores + i, e);
    sum = _mm512_add_ps(sum, e);
  }
  return across_lanes<Addition>(sum);
}

LORAHUB_HEADS void scale_row(const float* from, float factor, float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[i] * factor;
}

// One head: k transposed once, v next to each other.
struct GatheredHead {
  int64_t keys, width, wide;   // wide: keys, rounded up to whole vectors
  float *transposed, *values;  // [width, wide], [keys, width]
  float *scores, *sums;        // of kRows queries: [wide], [width]
};

void gather(const GatheredHead& head, const float* k, const float* v, int64_t stride) {
  transpose({.values = k, .rows = head.keys, .columns = head.width, .stride = stride},
            head.transposed, head.wide);
  for (int64_t row = 0; row < head.keys; ++row)
    std::copy_n(v + row * stride, head.width, head.values + row * head.width);
}

struct HeadQueries {
  const float* q;
  float* out;
  int64_t count, stride;
  const float* bias;
  int64_t bias_row;
};

void attend_some(const GatheredHead& head, const HeadQueries& some) {
  multiply({.x = some.q,
            .m = head.transposed,
            .y = head.scores,
            .inner = head.width,
            .x_stride = some.stride,
            .m_stride = head.wide,
            .y_stride = head.wide},
           some.count, head.wide);
  std::array<float, kRows> totals;
  for (int64_t r = 0; r < some.count; ++r)
    totals[static_cast<size_t>(r)] =
        weigh(head.scores + r * head.wide,
              some.bias == nullptr ? nullptr : some.bias + r * some.bias_row, head.keys);
  multiply({.x = head.scores,
            .m = head.values,
            .y = head.sums,
            .inner = head.keys,
            .x_stride = head.wide,
            .m_stride = head.width,
            .y_stride = head.width},
           some.count, head.width);
  for (int64_t r = 0; r < some.count; ++r)
    scale_row(head.sums + r * head.width, 1 / totals[static_cast<size_t>(r)],
              some.out + r * some.stride, head.width);
}

// At most kRows queries behind each other; the first stands at row `position` of the keys.
struct CausalQueries {
  const float* q;
  float* out;
  int64_t count, stride, position, window;
};

// Weighs one query's scores of the keys from `begin` on, `inner` of them; those that it does not
// see become 0. Returns the sum.
LORAHUB_HEADS float weigh_causal(float* scores, int64_t unseen, int64_t seen, int64_t inner) {
  std::fill_n(scores, unseen, -std::numeric_limits<float>::infinity());
  const float total = weigh(scores, nullptr, seen);
  for (int64_t i = whole(seen); i < inner; ++i) scores[i] = 0;
  return total;
}

// Keys are taken from a multiple of kLanes on, so that a query's sum adds up the same lanes
// whatever block it is in; keys that it does not see add zeros.
void attend_causal_some(const GatheredHead& head, const CausalQueries& some) {
  const int64_t end = some.position + some.count;  // of the keys that the last query sees
  const int64_t first = some.window > 0 ? std::max<int64_t>(0, some.position - some.window + 1) : 0;
  const int64_t begin = first / kLanes * kLanes, inner = end - begin;
  multiply({.x = some.q,
            .m = head.transposed + begin,
            .y = head.scores,
            .inner = head.width,
            .x_stride = some.stride,
            .m_stride = head.wide,
            .y_stride = head.wide},
           some.count, whole(inner));
  std::array<float, kRows> totals;
  for (int64_t r = 0; r < some.count; ++r) {
    const int64_t position = some.position + r;
    const int64_t oldest = some.window > 0 ? std::max<int64_t>(0, position - some.window + 1) : 0;
    totals[static_cast<size_t>(r)] =
        weigh_causal(head.scores + r * head.wide, oldest - begin, position + 1 - begin, inner);
  }
  multiply({.x = head.scores,
            .m = head.values + begin * head.width,
            .y = head.sums,
            .inner = inner,
            .x_stride = head.wide,
            .m_stride = head.width,
            .y_stride = head.width},
           some.count, head.width);
  for (int64_t r = 0; r < some.count; ++r)
    scale_row(head.sums + r * head.width, 1 / totals[static_cast<size_t>(r)],
              some.out + r * some.stride, head.width);
}

// A head of `width` for so many keys, in the workspace.
GatheredHead make_head(int64_t keys, int64_t width, Workspace& workspace) {
  const int64_t wide = whole(keys);
  const int64_t room = 2 * wide * width + kRows * (wide + width);
  if (static_cast<int64_t>(workspace.size()) < room) workspace.resize(static_cast<size_t>(room));
  float* at = workspace.data();
  return {.keys = keys,
          .width = width,
          .wide = wide,
          .transposed = at,
          .values = at + wide * width,
          .scores = at + 2 * wide * width,
          .sums = at + 2 * wide * width + kRows * wide};
}

}  // namespace

bool fits_heads(int64_t width) {
  static const bool has_kernel = __builtin_cpu_supports("x86-64-v4") != 0;
  return has_kernel && width % kLanes == 0;
}

void transpose(const Matrix& from, float* to, int64_t wide) {
  for (int64_t c = 0; c < from.columns; c += kLanes)
    for (int64_t row = 0; row < from.rows; row += kLanes)
      turn_block(from.values + row * from.stride + c, from.stride, from.rows - row,
                 to + c * wide + row, wide);
}

void attend_heads(const AttentionHeads& heads, const Sequence& s, const Bias& bias,
                  Workspace& workspace) {
  assert(fits_heads(heads.width));
  const int64_t width = heads.width;
  const GatheredHead head = make_head(s.keys, width, workspace);
  for (int64_t h = 0; h < heads.count; ++h) {
    const int64_t from = h * width;
    gather(head, s.k + from, s.v + from, heads.stride);
    for (int64_t row = 0; row < s.queries; row += kRows)
      attend_some(
          head,
          {.q = s.q + row * heads.stride + from,
           .out = s.out + row * heads.stride + from,
           .count = std::min<int64_t>(kRows, s.queries - row),
           .stride = heads.stride,
           .bias = bias.values == nullptr ? nullptr : bias.values + h * bias.head + row * bias.row,
           .bias_row = bias.row});
  }
}

void attend_causal_heads(const GroupedHeads& heads, const Sequence& s, Workspace& workspace) {
  assert(fits_heads(heads.width));
  const int64_t width = heads.width, share = heads.count / heads.groups;
  const int64_t stride = heads.count * width;
  const GatheredHead head = make_head(s.keys, width, workspace);
  for (int64_t h = 0; h < heads.count; ++h) {
    if (h % share == 0)
      gather(head, s.k + h / share * width, s.v + h / share * width, heads.groups * width);
    for (int64_t row = 0; row < s.queries; row += kRows)
      attend_causal_some(head, {.q = s.q + row * stride + h * width,
                                .out = s.out + row * stride + h * width,
                                .count = std::min<int64_t>(kRows, s.queries - row),
                                .stride = stride,
                                .position = s.keys - s.queries + row,
                                .window = heads.window});
  }
}

#else

bool fits_heads(int64_t /*width*/) { return false; }
void attend_heads(const AttentionHeads& /*heads*/, const Sequence& /*sequence*/,
                  const Bias& /*bias*/, Workspace& /*workspace*/) {
  assert(false);
}
void attend_causal_heads(const GroupedHeads& /*heads*/, const Sequence& /*sequence*/,
                         Workspace& /*workspace*/) {
  assert(false);
}
void transpose(const Matrix& /*from*/, float* /*to*/, int64_t /*wide*/) { assert(false); }

#endif

}  // namespace lorahub::tensor
