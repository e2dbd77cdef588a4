#include "lora/pool.hpp"

#include <gmock/gmock.h>

#include "made.hpp"
#include "study/trial.hpp"

namespace lorahub::lora {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Stack, KeepsEachModulesFactors) {
  const std::vector<Module> modules = {made("x", tiny()), made("y", tiny()), made("z", tiny())};
  const Pool pool = stack(modules, tiny(), base::Device::cpu);
  EXPECT_THAT(pool.names, ElementsAre("x", "y", "z"));
  EXPECT_THAT(pool.scalings, Each(ElementsAre(2, 2, 2)));
  EXPECT_EQ(pool.slot_count, static_cast<int>(tiny().linears().size()));
  EXPECT_FALSE(pool.mixed());
  ASSERT_EQ(pool.slots.size(), 6U);
  int64_t values = 0;
  for (int place = 0; place < 6; ++place) {
    const int slot = pool.slots[static_cast<size_t>(place)];
    for (int i = 0; i < 3; ++i) {
      const Factors& want = modules[static_cast<size_t>(i)].slots.at(slot);
      EXPECT_TRUE(at::equal(factors(pool, i, place).a, want.a));
      EXPECT_TRUE(at::equal(factors(pool, i, place).b, want.b));
      values += want.a.numel() + want.b.numel();
    }
  }
  EXPECT_EQ(pool.flat.numel(), values);  // nothing twice
}

TEST(Stack, OfMixedRanksPutsThemSideBySide) {
  const std::vector<Module> modules = {made("x", tiny(), {.rank = 2, .alpha = 2}),
                                       made("y", tiny(), {.rank = 5, .alpha = 10})};
  const Pool pool = stack(modules, tiny(), base::Device::cpu);
  EXPECT_TRUE(pool.mixed());
  EXPECT_EQ(pool.a[0].size(0), 7);
  for (int i = 0; i < 2; ++i)
    for (int place = 0; place < 6; ++place) {
      const Factors& want =
          modules[static_cast<size_t>(i)].slots.at(pool.slots[static_cast<size_t>(place)]);
      EXPECT_TRUE(at::equal(factors(pool, i, place).a, want.a));
      EXPECT_TRUE(at::equal(factors(pool, i, place).b, want.b));
    }
}

// Two pools of one process stand for those of two ranks.
TEST(Stack, OfTheSameFilesIsInTheMemoryOnce) {
  for (const int64_t second_rank : {4, 3}) {  // equal and mixed
    std::vector<Module> modules = {made("x", tiny(), {.rank = 4}),
                                   made("y", tiny(), {.rank = second_rank})};
    const Pool own = stack(modules, tiny(), base::Device::cpu);
    EXPECT_EQ(own.origin, "");  // one made in the process is its own
    modules[0].origin = "file x of OfTheSameFilesIsInTheMemoryOnce";
    EXPECT_EQ(stack(modules, tiny(), base::Device::cpu).origin, "");
    modules[1].origin = base::format("file y {}", second_rank);
    const Pool first = stack(modules, tiny(), base::Device::cpu);
    const Pool second = stack(modules, tiny(), base::Device::cpu);
    EXPECT_TRUE(at::equal(first.flat, own.flat));
    EXPECT_EQ(memory_of(first.flat), memory_of(second.flat));
    EXPECT_NE(memory_of(first.flat), memory_of(own.flat));
    std::swap(modules[0], modules[1]);
    EXPECT_NE(memory_of(stack(modules, tiny(), base::Device::cpu).flat), memory_of(first.flat));
    const Pool drawn = random_like(first, 1), again = random_like(first, 1);
    EXPECT_TRUE(at::equal(drawn.flat, random_like(own, 1).flat));
    EXPECT_EQ(memory_of(drawn.flat), memory_of(again.flat));
    EXPECT_NE(memory_of(random_like(first, 2).flat), memory_of(drawn.flat));
  }
}

TEST(Composer, SharesWhatItPutsSideBySide) {
  std::vector<Module> modules = {made("x", tiny()), made("y", tiny())};
  const std::vector<double> weights = {0.5, -1};
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const auto compose_all = [&] {
      return compose(stack(modules, tiny(), base::Device::cpu), weights,
                     study::Composition::product, dtype);
    };
    for (Module& module : modules) module.origin = "";
    const model::Adapter own = compose_all();
    for (Module& module : modules) module.origin = module.name + " of SharesWhatItPutsSideBySide";
    const model::Adapter first = compose_all(), second = compose_all();
    for (size_t slot = 0; slot < own.slots.size(); ++slot) {
      if (!own.slots[slot].a.defined()) continue;
      EXPECT_TRUE(at::equal(first.slots[slot].a, own.slots[slot].a));
      EXPECT_TRUE(at::equal(first.slots[slot].b, own.slots[slot].b));
      EXPECT_EQ(memory_of(first.slots[slot].b), memory_of(second.slots[slot].b));
    }
  }
}

TEST(Stack, RefusesNoneAndTwice) {
  const auto error = [](const std::vector<Module>& modules) {
    return error_of([&] { stack(modules, tiny(), base::Device::cpu); });
  };
  EXPECT_THAT(error({}), HasSubstr("no modules"));
  EXPECT_THAT(error({made("x", tiny()), made("y", tiny()), made("x", tiny())}),
              AllOf(HasSubstr("'x'"), HasSubstr("twice")));
}

// Modules of different layers: each layer becomes a place of all, zero for a module without it.
TEST(Stack, HasThePlacesOfAll) {
  for (const int64_t rank : {4, 3}) {  // stacked, side by side
    Module x = made("x", tiny()), y = made("y", tiny(), {.rank = rank, .alpha = 9});
    x.slots.erase(x.slots.begin());
    y.slots.erase(std::prev(y.slots.end()));
    const Pool pool = stack({x, y}, tiny(), base::Device::cpu);
    EXPECT_EQ(pool.mixed(), rank != 4);
    ASSERT_EQ(pool.slots.size(), 6U);
    EXPECT_THAT(pool.ranks.front(), ElementsAre(0, rank));
    EXPECT_THAT(pool.ranks.back(), ElementsAre(4, 0));
    EXPECT_THAT(pool.scalings.back(), ElementsAre(2, 0));
    EXPECT_EQ(factors(pool, 0, 0).b.abs().sum().item<double>(), 0);
    EXPECT_EQ(factors(pool, 1, 5).b.abs().sum().item<double>(), 0);
    EXPECT_TRUE(at::equal(factors(pool, 1, 0).a, y.slots.begin()->second.a));
    EXPECT_TRUE(at::equal(factors(pool, 0, 5).b, std::prev(x.slots.end())->second.b));
  }
}

// random.Random(1).sample(range(40), 5) of CPython is [8, 36, 4, 16, 7]; of seed 3 [15, 37, 34, 8,
// 23].
TEST(Pick, DrawsAsPythonDoes) {
  const std::vector<std::string> all = module_names(kLibrary);
  ASSERT_EQ(all.size(), 40U);
  EXPECT_THAT(pick(kLibrary, {.count = 5, .names = {}}, 1),
              ElementsAre(all[8], all[36], all[4], all[16], all[7]));
  EXPECT_THAT(pick(kLibrary, {.count = 5, .names = {}}, 3),
              ElementsAre(all[15], all[37], all[34], all[8], all[23]));
}

TEST(Pick, ZeroMeansAllAndNamesMeanThemselves) {
  EXPECT_EQ(pick(kLibrary, {.count = 0, .names = {}}, 1), module_names(kLibrary));
  EXPECT_THAT(pick(kLibrary, {.count = 20, .names = {"rot_dash", "isa_full"}}, 1),
              ElementsAre("rot_dash", "isa_full"));
}

TEST(Pick, RefusesTooManyTwiceAndUnknown) {
  const auto error = [](const study::ModulesDraw& draw) {
    return error_of([&] { pick(kLibrary, draw, 1); });
  };
  EXPECT_THAT(error({.count = 41, .names = {}}), AllOf(HasSubstr("41"), HasSubstr("40")));
  EXPECT_THAT(error({.count = -1, .names = {}}), HasSubstr("-1"));
  EXPECT_THAT(error({.names = {"isa_full", "rot_dash", "isa_full"}}),
              AllOf(HasSubstr("'isa_full'"), HasSubstr("twice")));
  EXPECT_THAT(error({.names = {"isa_fulll"}}), HasSubstr("did you mean 'isa_full'"));
}

}  // namespace
}  // namespace lorahub::lora
