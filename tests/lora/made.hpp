// Made-up modules and folders for the tests of this folder.
#pragma once
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "checkpoint/hub_cache.hpp"
#include "lora/pool.hpp"
#include "model/families.hpp"
#include "model/t5/architecture.hpp"

namespace lorahub::lora {

inline const std::filesystem::path kSource = SOURCE_DIR;
inline const std::filesystem::path kModel = kSource / "configs/model/mini";
inline const std::filesystem::path kLibrary = kSource / "configs/library/mini/r16";
inline const std::filesystem::path kGolden = kSource / "tests/golden";

// A folder of its own for each test, removed at the end.
class Scratch {
 public:
  Scratch() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path = std::filesystem::temp_directory_path() /
           base::format("lorahub_{}_{}_{}", test->test_suite_name(), test->name(), ::getpid());
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path path;
};

inline at::Tensor gaussian(at::IntArrayRef sizes, const std::string& purpose) {
  at::Tensor values = at::empty(sizes, at::kFloat);
  base::Stream stream(1, purpose);
  for (int64_t i = 0; i < values.numel(); ++i)
    values.mutable_data_ptr<float>()[i] = static_cast<float>(0.1 * stream.normal());
  return values;
}

// The memory that a tensor is in: its device and inode in /proc/self/maps.
inline std::string memory_of(const at::Tensor& tensor) {
  const auto address = reinterpret_cast<uintptr_t>(tensor.const_data_ptr());
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    char rights[5], device[16], inode[32];
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %15s %31s", &begin, &end, rights, device,
                    inode) == 5 &&
        begin <= address && address < end)
      return std::string(device) + " " + inode;
  }
  return "";
}

// A T5 of one block a side: 18 linear layers, none square.
inline model::t5::T5Architecture tiny() {
  return model::t5::T5Architecture({.d_model = 12,
                                    .d_kv = 4,
                                    .d_ff = 20,
                                    .heads = 2,
                                    .encoder_layers = 1,
                                    .decoder_layers = 1,
                                    .vocabulary = 30,
                                    .gated = true,
                                    .gelu = true});
}

struct Shape {
  int64_t rank = 4;
  double alpha = 8;
};
// Gaussian factors at the q and v of `architecture`.
inline Module made(const std::string& name, const model::Architecture& architecture,
                   Shape shape = {}) {
  Module module{.name = name, .rank = shape.rank, .alpha = shape.alpha, .slots = {}};
  const std::vector<model::LinearInfo>& linears = architecture.linears();
  for (size_t i = 0; i < linears.size(); ++i) {
    if (!linears[i].name.ends_with(".q") && !linears[i].name.ends_with(".v")) continue;
    module.slots[static_cast<int>(i)] = {
        .a = gaussian({shape.rank, linears[i].in}, base::format("{} {} a", name, i)),
        .b = gaussian({linears[i].out, shape.rank}, base::format("{} {} b", name, i))};
  }
  return module;
}

// What an adapter adds to the weight of a layer for candidate p: [out, in], f64.
inline at::Tensor delta(const model::LowRank& low, int64_t p) {
  const auto of = [p](const at::Tensor& t) {
    return t.select(0, t.size(0) == 1 ? 0 : p).to(at::kDouble);
  };
  at::Tensor b = of(low.b);
  if (low.scale.defined()) b = b * of(low.scale);
  return b.matmul(of(low.a));
}

inline double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

// The message of the Error that `act` throws; "" when it throws none.
template <class Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

inline Pool pool_of(const std::vector<Module>& modules) {
  return stack(modules, tiny(), base::Device::cpu);
}

// The largest difference, relative to what is wanted where that is above 1.
inline double worst(const std::vector<double>& got, const std::vector<double>& want) {
  EXPECT_EQ(got.size(), want.size());
  double result = 0;
  for (size_t i = 0; i < want.size(); ++i)
    result = std::max(result, std::abs(got[i] - want[i]) / std::max(1.0, std::abs(want[i])));
  return result;
}

}  // namespace lorahub::lora
