// Lengths and angles against those of BA formed in full.
#include "lora/geometry.hpp"

#include <gmock/gmock.h>

#include "lora/truncate.hpp"
#include "made.hpp"

namespace lorahub::lora {
namespace {

at::Tensor full(const Module& module, int slot) {
  const Factors& f = module.slots.at(slot);
  return module.scaling(slot) * f.b.to(at::kDouble).matmul(f.a.to(at::kDouble));
}

// x . y over all places that both have.
double dot(const Module& x, const Module& y) {
  double sum = 0;
  for (const auto& [slot, unused] : x.slots)
    if (y.slots.contains(slot)) sum += (full(x, slot) * full(y, slot)).sum().item<double>();
  return sum;
}

TEST(Geometry, NormsAndCosinesAreThoseOfTheFullMatrices) {
  Module x = made("x", tiny()), y = made("y", tiny(), {.rank = 2, .alpha = 5});
  x.own_scaling[x.slots.begin()->first] = 3.5;
  y.slots.erase(std::prev(y.slots.end()));
  Module none = made("none", tiny());
  for (auto& [slot, f] : none.slots) f.b = at::zeros_like(f.b);
  double a = 0;
  for (const auto& [slot, f] : x.slots) a += f.a.to(at::kDouble).square().sum().item<double>();
  EXPECT_NEAR(norms(x).a, std::sqrt(a), 1e-12);
  EXPECT_NEAR(norms(x).product, std::sqrt(dot(x, x)), 1e-12);
  EXPECT_EQ(norms(none).b, 0);
  const auto cosine = cosines({x, y, none});
  EXPECT_NEAR(cosine[0][1], dot(x, y) / std::sqrt(dot(x, x) * dot(y, y)), 1e-12);
  EXPECT_EQ(cosine[0][1], cosine[1][0]);
  EXPECT_NEAR(cosine[0][0], 1, 1e-15);
  EXPECT_EQ(cosine[2][0], 0);
  int calls = 0;  // whoever is asked between two products may end the work
  const auto end = [&] {
    if (++calls == 2) throw std::runtime_error("enough");
  };
  EXPECT_THROW(cosines({x, y, none}, end), std::runtime_error);
  EXPECT_EQ(calls, 2);
}

TEST(Geometry, RelativeDifferenceIsWhatTheSvdLeavesOut) {
  const Module x = made("x", tiny(), {.rank = 5, .alpha = 10});
  double left = 0, whole = 0;
  for (const auto& [slot, unused] : x.slots) {
    const at::Tensor s = at::linalg_svdvals(full(x, slot));
    whole += s.square().sum().item<double>();
    left += s.narrow(0, 2, s.size(0) - 2).square().sum().item<double>();
  }
  EXPECT_NEAR(relative_difference(x, truncate(x, 2)), std::sqrt(left / whole), 1e-6);
  EXPECT_LT(relative_difference(x, truncate(x, 5)), 1e-6);
  EXPECT_LT(relative_difference(x, x), 1e-15);
  EXPECT_NEAR(relative_difference(x, Module{}), 1, 1e-15);
}

}  // namespace
}  // namespace lorahub::lora
