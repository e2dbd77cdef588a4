#include <gmock/gmock.h>

#include <limits>

#include "lora/pool.hpp"
#include "made.hpp"

namespace lorahub::lora {
namespace {

using study::Composition;
using testing::AllOf;
using testing::HasSubstr;

constexpr auto kBoth = {Composition::factor, Composition::product};

at::Tensor f64(const at::Tensor& x) { return x.to(at::kDouble); }

// The definitions of both compositions, in f64: [out, in].
at::Tensor definition(const std::vector<Module>& modules, const std::vector<double>& w, int slot,
                      Composition composition) {
  if (composition == Composition::product) {
    at::Tensor sum;
    for (size_t i = 0; i < modules.size(); ++i) {
      const Factors& f = modules[i].slots.at(slot);
      const at::Tensor term = w[i] * modules[i].scaling() * f64(f.b).matmul(f64(f.a));
      sum = sum.defined() ? sum + term : term;
    }
    return sum;
  }
  at::Tensor a = 0 * f64(modules[0].slots.at(slot).a), b = 0 * f64(modules[0].slots.at(slot).b);
  for (size_t i = 0; i < modules.size(); ++i) {
    a = a + w[i] * f64(modules[i].slots.at(slot).a);
    b = b + w[i] * f64(modules[i].slots.at(slot).b);
  }
  return modules[0].scaling() * b.matmul(a);
}

TEST(Compose, IsItsDefinitionForAPopulation) {
  const std::vector<Module> modules = {made("x", tiny(), {.rank = 4, .alpha = 6}),
                                       made("y", tiny(), {.rank = 4, .alpha = 6}),
                                       made("z", tiny(), {.rank = 4, .alpha = 6})};
  const Pool pool = pool_of(modules);
  const std::vector<double> weights = {0.3, -1.2, 0.7, 1.5, 0, 0.01};
  for (const Composition composition : kBoth) {
    const model::Adapter adapter = compose(pool, weights, composition, at::kFloat);
    EXPECT_EQ(adapter.candidates, 2);
    ASSERT_EQ(adapter.slots.size(), tiny().linears().size());
    for (size_t slot = 0; slot < adapter.slots.size(); ++slot) {
      const bool adapted = modules[0].slots.contains(static_cast<int>(slot));
      ASSERT_EQ(adapter.slots[slot].a.defined(), adapted);
      if (!adapted) continue;
      for (int64_t p = 0; p < 2; ++p) {
        const std::vector<double> w(weights.begin() + 3 * p, weights.begin() + 3 * p + 3);
        const at::Tensor want = definition(modules, w, static_cast<int>(slot), composition);
        EXPECT_LT(largest(delta(adapter.slots[slot], p) - want), 1e-6 * largest(want));
      }
    }
  }
}

TEST(Compose, ProductOfMixedRanksIsItsDefinition) {
  const std::vector<Module> modules = {made("x", tiny(), {.rank = 2, .alpha = 2}),
                                       made("y", tiny(), {.rank = 5, .alpha = 15}),
                                       made("z", tiny(), {.rank = 1, .alpha = 2})};
  const std::vector<double> weights = {0.3, -1.2, 0.7};
  const model::Adapter adapter =
      compose(pool_of(modules), weights, Composition::product, at::kFloat);
  for (const auto& [slot, unused] : modules[0].slots) {
    const at::Tensor want = definition(modules, weights, slot, Composition::product);
    EXPECT_LT(largest(delta(adapter.slots[static_cast<size_t>(slot)], 0) - want),
              1e-6 * largest(want));
  }
}

TEST(Compose, OneModuleAtWeightOneIsThatModule) {
  const std::vector<Module> modules = {made("x", tiny()), made("y", tiny()), made("z", tiny())};
  const Pool pool = pool_of(modules);
  const std::vector<double> weights = {0, 1, 0};
  const model::Adapter factor = compose(pool, weights, Composition::factor, at::kFloat);
  const model::Adapter product = compose(pool, weights, Composition::product, at::kFloat);
  for (const auto& [slot, f] : modules[1].slots) {
    const auto index = static_cast<size_t>(slot);
    EXPECT_TRUE(at::equal(factor.slots[index].a[0], f.a));
    EXPECT_TRUE(at::equal(factor.slots[index].b[0], f.b * 2));  // alpha/r
    const at::Tensor want = 2 * f64(f.b).matmul(f64(f.a));
    EXPECT_LT(largest(delta(product.slots[index], 0) - want), 1e-15);
  }
}

TEST(Compose, FactorOfMinusWHasBothSignsTurned) {
  const Pool pool = pool_of({made("x", tiny()), made("y", tiny())});
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const model::Adapter plus = compose(pool, std::vector{0.7, -0.3}, Composition::factor, dtype);
    const model::Adapter minus = compose(pool, std::vector{-0.7, 0.3}, Composition::factor, dtype);
    for (const int slot : pool.slots) {
      const auto index = static_cast<size_t>(slot);
      EXPECT_TRUE(at::equal(plus.slots[index].a, -minus.slots[index].a));
      EXPECT_TRUE(at::equal(plus.slots[index].b, -minus.slots[index].b));
    }
  }
}

TEST(Compose, AModuleAndItsRenamedCopyCancel) {
  const Module x = made("x", tiny());
  Module copy = x;
  copy.name = "copy";
  const Pool pool = pool_of({x, copy});
  for (const Composition composition : kBoth) {
    const model::Adapter adapter = compose(pool, std::vector{1.0, -1.0}, composition, at::kFloat);
    for (const int slot : pool.slots) {  // factor: exactly; product: as the f64 sum here rounds
      const double left = largest(delta(adapter.slots[static_cast<size_t>(slot)], 0));
      EXPECT_LE(left, composition == Composition::factor ? 0 : 1e-16);
    }
  }
}

TEST(Compose, RoundsOnceToBfloat16) {
  const Pool pool = pool_of({made("x", tiny()), made("y", tiny()), made("z", tiny())});
  const std::vector<double> weights = {0.3, -1.2, 0.7};
  const model::Adapter fine = compose(pool, weights, Composition::factor, at::kFloat);
  const model::Adapter coarse = compose(pool, weights, Composition::factor, at::kBFloat16);
  for (const int slot : pool.slots) {
    const auto index = static_cast<size_t>(slot);
    EXPECT_EQ(coarse.slots[index].a.scalar_type(), at::kBFloat16);
    EXPECT_TRUE(at::equal(coarse.slots[index].a, fine.slots[index].a.to(at::kBFloat16)));
    EXPECT_TRUE(at::equal(coarse.slots[index].b, fine.slots[index].b.to(at::kBFloat16)));
  }
}

TEST(Compose, ProductSharesTheModulesBetweenCandidates) {
  const Pool pool = pool_of({made("x", tiny()), made("y", tiny())});
  const Composer composer(pool, Composition::product, at::kFloat);
  const model::Adapter one = composer(std::vector{1.0, 2.0}), three = composer(std::vector(6, 0.5));
  const auto index = static_cast<size_t>(pool.slots[0]);
  EXPECT_EQ(one.slots[index].a.data_ptr(), three.slots[index].a.data_ptr());
  EXPECT_THAT(three.slots[index].a.sizes(), testing::ElementsAre(1, 8, 12));
  EXPECT_THAT(three.slots[index].b.sizes(), testing::ElementsAre(1, 8, 8));
  EXPECT_THAT(three.slots[index].scale.sizes(), testing::ElementsAre(3, 8));
}

TEST(Compose, NamesTheWeightThatIsNotFinite) {
  const Pool pool = pool_of({made("x", tiny()), made("y", tiny())});
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    for (const Composition composition : kBoth)
      EXPECT_THAT(error_of([&] {
                    compose(pool, std::vector{0.0, 0.0, 0.0, bad}, composition, at::kFloat);
                  }),
                  AllOf(HasSubstr("'y'"), HasSubstr("candidate 1"), HasSubstr("finite")));
}

TEST(Compose, FactorRefusesModulesThatCannotBeAdded) {
  const auto error = [](Shape shape) {
    const Pool pool = pool_of({made("x", tiny()), made("y", tiny(), shape)});
    return error_of([&] { compose(pool, std::vector{1.0, 1.0}, Composition::factor, at::kFloat); });
  };
  EXPECT_EQ(error({.rank = 4, .alpha = 8}), "");
  EXPECT_THAT(error({.rank = 2, .alpha = 4}),
              AllOf(HasSubstr("'x' has rank 4"), HasSubstr("'y' rank 2")));
  EXPECT_THAT(error({.rank = 4, .alpha = 4}),
              AllOf(HasSubstr("'x'"), HasSubstr("'y'"), HasSubstr("alpha/r")));
}

TEST(ComposedModule, ActsAsTheAdapter) {
  const Pool equal = pool_of(
      {made("x", tiny(), {.rank = 4, .alpha = 6}), made("y", tiny(), {.rank = 4, .alpha = 6})});
  const Pool mixed = pool_of(
      {made("x", tiny(), {.rank = 2, .alpha = 6}), made("y", tiny(), {.rank = 3, .alpha = 3})});
  const std::vector<double> w = {0.4, -1.1};
  struct Case {
    const Pool& pool;
    Composition composition;
    int64_t rank;
  };
  for (const Case& c : {Case{equal, Composition::factor, 4}, Case{equal, Composition::product, 8},
                        Case{mixed, Composition::product, 5}}) {
    const Module module = composed_module(c.pool, w, c.composition);
    const model::Adapter adapter = compose(c.pool, w, c.composition, at::kFloat);
    EXPECT_EQ(module.rank, c.rank);
    ASSERT_EQ(module.slots.size(), c.pool.slots.size());
    for (const auto& [slot, f] : module.slots) {
      EXPECT_EQ(f.a.size(0), c.rank);
      const at::Tensor want = delta(adapter.slots[static_cast<size_t>(slot)], 0);
      EXPECT_LT(largest(module.scaling() * f64(f.b).matmul(f64(f.a)) - want), 1e-6 * largest(want));
    }
  }
}

}  // namespace
}  // namespace lorahub::lora
