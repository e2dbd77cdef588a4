// Pools that are the modules' files themselves, against pools of copies.
#include "checkpoint/weights.hpp"
#include "lora/peft.hpp"
#include "made.hpp"

namespace lorahub::lora {
namespace {

Module written(const std::filesystem::path& folder, const Module& module) {
  write_module(folder / module.name, module, tiny(), "base");
  return read_module(folder / module.name, module.name, tiny());
}

// The module with its values copied into this process's memory.
Module copied(Module module) {
  for (auto& [slot, factors] : module.slots)
    factors = {.a = factors.a.clone(), .b = factors.b.clone()};
  module.file = nullptr;
  module.origin = "";
  return module;
}

std::vector<Module> copied(std::vector<Module> modules) {
  for (Module& module : modules) module = copied(module);
  return modules;
}

bool is_in_place(const std::vector<Module>& modules) {
  const Pool pool = stack(modules, tiny(), base::Device::cpu);
  const Pool copy = stack(copied(modules), tiny(), base::Device::cpu);
  EXPECT_EQ(pool.ranks, copy.ranks);
  EXPECT_EQ(pool.scalings, copy.scalings);
  bool in_place = true;
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    EXPECT_TRUE(at::equal(pool.a[place], copy.a[place]));
    EXPECT_TRUE(at::equal(pool.b[place], copy.b[place]));
    for (int i = 0; i < pool.size(); ++i) {
      const Module& module = modules[static_cast<size_t>(i)];
      const auto found = module.slots.find(pool.slots[place]);
      in_place &=
          found != module.slots.end() &&
          memory_of(factors(pool, i, static_cast<int>(place)).a) == memory_of(found->second.a);
    }
  }
  return in_place;
}

struct InPlace : testing::Test {
  Scratch scratch;
  std::vector<Module> modules = {written(scratch.path, made("x", tiny())),
                                 written(scratch.path, made("y", tiny())),
                                 written(scratch.path, made("z", tiny()))};
};

TEST_F(InPlace, IsTheFilesThemselves) {
  EXPECT_TRUE(is_in_place(modules));
  EXPECT_TRUE(is_in_place({modules[1]}));
  std::swap(modules[0], modules[2]);
  EXPECT_TRUE(is_in_place(modules));
}

TEST_F(InPlace, MixesToTheSameBits) {
  const std::vector<double> weights = {0.5, -1, 0.25, 1.5, 0.125, -0.75};
  const Pool pool = stack(modules, tiny(), base::Device::cpu);
  const Pool copy = stack(copied(modules), tiny(), base::Device::cpu);
  for (const auto how : {study::Composition::factor, study::Composition::product}) {
    const model::Adapter adapter = compose(pool, weights, how, at::kFloat);
    const model::Adapter want = compose(copy, weights, how, at::kFloat);
    for (const int slot : pool.slots) {
      const auto &x = adapter.slots[static_cast<size_t>(slot)],
                 &y = want.slots[static_cast<size_t>(slot)];
      EXPECT_TRUE(at::equal(x.a, y.a));
      EXPECT_TRUE(at::equal(x.b, y.b));
    }
  }
  EXPECT_TRUE(at::equal(random_like(pool, 3).b.front(), random_like(copy, 3).b.front()));
}

TEST_F(InPlace, KeepsWhatWasCheckedWhenAFileIsReplaced) {
  const at::Tensor before = modules[0].slots.begin()->second.a.clone();
  write_module(scratch.path / "x", made("other", tiny()), tiny(), "base");
  const Pool pool = stack(modules, tiny(), base::Device::cpu);
  modules.clear();
  EXPECT_TRUE(at::equal(pool.a[0][0], before));
}

TEST_F(InPlace, IsACopyWhereFilesAreNotAlike) {
  // f16: other bytes
  Module half = made("h", tiny());
  for (auto& [slot, factors] : half.slots)
    factors = {.a = factors.a.to(at::kHalf), .b = factors.b.to(at::kHalf)};
  EXPECT_FALSE(is_in_place({written(scratch.path, half)}));
  // another rank: other shapes
  EXPECT_FALSE(is_in_place({modules[0], written(scratch.path, made("r", tiny(), {.rank = 5}))}));
  // made here, or changed since it was read
  EXPECT_FALSE(is_in_place({modules[0], made("m", tiny())}));
  Module changed = modules[1];
  changed.slots.begin()->second.a = changed.slots.begin()->second.a.clone();
  EXPECT_FALSE(is_in_place({modules[0], changed}));
  EXPECT_FALSE(is_in_place({changed, modules[0]}));
  // a place less
  Module fewer = made("f", tiny());
  fewer.slots.erase(fewer.slots.begin());
  EXPECT_FALSE(is_in_place({modules[0], written(scratch.path, fewer)}));
}

// The same tensors in another order.
TEST_F(InPlace, IsACopyWherePlacesDiffer) {
  checkpoint::Tensors tensors = checkpoint::read_safetensors(modules[0].file);
  const std::filesystem::path folder = scratch.path / "x";
  std::string header, data;
  for (auto at = tensors.rbegin(); at != tensors.rend(); ++at) {
    header +=
        base::format("{}\"{}\":{{\"dtype\":\"F32\",\"shape\":[{},{}],\"data_offsets\":[{},{}]}}",
                     header.empty() ? "{" : ",", at->first, at->second.size(0), at->second.size(1),
                     data.size(), data.size() + at->second.nbytes());
    data.append(static_cast<const char*>(at->second.const_data_ptr()), at->second.nbytes());
  }
  header += "}";
  header.resize(modules[1].file->bytes().size() - data.size() - 8, ' ');
  const uint64_t length = header.size();
  base::write_file(folder / kWeightsFile,
                   std::string(reinterpret_cast<const char*>(&length), 8) + header + data);
  const Module turned = read_module(folder, "turned", tiny());
  ASSERT_EQ(turned.file->bytes().size(), modules[1].file->bytes().size());
  EXPECT_FALSE(is_in_place({modules[1], turned}));
  EXPECT_TRUE(is_in_place({turned}));
}

// Between the tensors of a zip archive are its own records.
TEST(InPlaceOfOne, IsACopyWhereOtherBytesLieBetweenTheTensors) {
  const auto architecture = model::read_architecture(kModel);
  const auto is_file = [&](const char* format) {
    const Module module = read_module(kGolden / "peft_bin" / format, "m", *architecture);
    return memory_of(stack({module}, *architecture, base::Device::cpu).flat) ==
           memory_of(module.slots.begin()->second.a);
  };
  EXPECT_TRUE(is_file("safetensors"));
  EXPECT_FALSE(is_file("bin"));
}

}  // namespace
}  // namespace lorahub::lora
