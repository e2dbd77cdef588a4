#include "checkpoint/gguf_weights.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "checkpoint/files.hpp"
#include "checkpoint/hub_cache.hpp"

namespace lorahub::checkpoint {
namespace {

namespace fs = std::filesystem;
using testing::Folder;
using ::testing::HasSubstr;
using testing::message;

fs::path golden_gguf(const std::string& name) {
  return fs::path(SOURCE_DIR) / "tests/golden/gguf" / name;
}

void expect_values(const std::string& name, const Tensors& tensors) {
  const auto all = nlohmann::json::parse(base::read_file(golden_gguf("expected.json")));
  ASSERT_EQ(tensors.size(), all[name].size());
  for (const auto& [key, expected] : all[name].items()) {
    ASSERT_TRUE(tensors.contains(key)) << key;
    const at::Tensor& tensor = tensors.at(key);
    EXPECT_EQ(tensor.sizes().vec(), expected["shape"].get<std::vector<int64_t>>()) << key;
    const at::Tensor flat = tensor.to(at::kDouble).contiguous().flatten();
    const std::vector<double> values(flat.const_data_ptr<double>(),
                                     flat.const_data_ptr<double>() + flat.numel());
    EXPECT_EQ(values, expected["values"].get<std::vector<double>>()) << key;
  }
}

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string counted(const std::string& text) { return raw(uint64_t{text.size()}) + text; }

// All with the same bytes.
struct SameTensors {
  std::vector<std::string> names;
  uint32_t type;  // as files number them
  std::string bytes;
  std::vector<uint64_t> sizes = {32};  // the fastest first
};

// A file of architecture llama with one head.
std::string file_of(const SameTensors& tensors) {
  constexpr size_t kAlignment = 32;
  const auto pad = [](std::string text) {
    text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment);
    return text;
  };
  std::string out = "GGUF" + raw(uint32_t{3}) + raw(uint64_t{tensors.names.size()}) +
                    raw(uint64_t{2}) + counted("general.architecture") + raw(uint32_t{8}) +
                    counted("llama") + counted("llama.attention.head_count") + raw(uint32_t{4}) +
                    raw(uint32_t{1});
  std::string data;
  for (const std::string& name : tensors.names) {
    out += counted(name) + raw(static_cast<uint32_t>(tensors.sizes.size()));
    for (const uint64_t size : tensors.sizes) out += raw(size);
    out += raw(tensors.type) + raw(uint64_t{data.size()});
    data += pad(tensors.bytes);
  }
  return pad(out) + data;
}

constexpr uint32_t kF32 = 0, kQ8 = 8;

// The scale 1 (as f16) and the values 0 to 31.
std::string q8_block() {
  std::string block = raw(uint16_t{0x3C00});
  for (char value = 0; value < 32; ++value) block += value;
  return block;
}

TEST(GgufWeights, ValuesOfEachTypeAreThoseOfLlamaCppsPackage) {
  const Tensors tensors = read_gguf_weights(golden_gguf("types.gguf"));
  expect_values("types.gguf", tensors);
  EXPECT_EQ(tensors.at("F16").scalar_type(), at::kHalf);
  EXPECT_EQ(tensors.at("BF16").scalar_type(), at::kBFloat16);
  EXPECT_EQ(tensors.at("Q4_0").scalar_type(), at::kFloat);
}

TEST(GgufWeights, NamesAndOrderOfRowsAreHuggingFaces) {
  expect_values("llama.gguf", read_gguf_weights(golden_gguf("llama.gguf"), {at::kFloat, 2}));
}

TEST(GgufWeights, MatricesAreComputedInTheTypeThatIsAskedFor) {
  for (const char* name : {"types.gguf", "llama.gguf"}) {
    const Tensors exact = read_gguf_weights(golden_gguf(name)),
                  narrow = read_gguf_weights(golden_gguf(name), {at::kBFloat16, 2});
    ASSERT_EQ(exact.size(), narrow.size());
    int computed = 0;
    for (const auto& [key, tensor] : narrow) {
      if (tensor.dim() < 2) {
        EXPECT_NE(tensor.scalar_type(), at::kBFloat16) << key;
        EXPECT_TRUE(tensor.equal(exact.at(key))) << key;
        continue;
      }
      EXPECT_TRUE(tensor.to(at::kBFloat16).equal(exact.at(key).to(at::kBFloat16))) << key;
      computed +=
          tensor.scalar_type() == at::kBFloat16 && exact.at(key).scalar_type() != at::kBFloat16;
    }
    EXPECT_GT(computed, 1) << name;
  }
}

// Begins to count the most memory that this process holds anew; false where the system can't.
bool forget_peak() {
  return static_cast<bool>(std::ofstream("/proc/self/clear_refs") << 5 << std::flush);
}

double peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return 1024 * std::stod(line.substr(6));
  return 0;
}

TEST(GgufWeights, NoCopyInF32IsHeldBesideMatricesInBf16) {
  constexpr int64_t kRows = 4096, kColumns = 8192;  // 64 MiB in bf16, 34 as blocks
  std::string row;
  for (int64_t i = 0; i < kColumns / 32; ++i) row += q8_block();
  std::string data;
  for (int64_t i = 0; i < kRows; ++i) data += row;
  const Folder folder;
  const fs::path file =
      folder.put("x.gguf", file_of({.names = {"token_embd.weight"},
                                    .type = kQ8,
                                    .bytes = std::move(data),
                                    .sizes = {uint64_t{kColumns}, uint64_t{kRows}}}));
  if (!forget_peak()) GTEST_SKIP() << "the system does not count peaks of memory anew";
  const auto growth = [](const auto& read) {
    forget_peak();
    const double before = peak_bytes();
    const Tensors tensors = read();
    return std::pair(tensors, peak_bytes() - before);
  };
  const auto [tensors, grown] = growth([&] { return read_gguf_weights(file, {at::kBFloat16, 2}); });
  const auto [unused, by_a_copy] =
      growth([&] { return in_dtype(read_gguf_weights(file), {at::kBFloat16}, ""); });
  const at::Tensor& matrix = tensors.at("model.embed_tokens.weight");
  EXPECT_EQ(matrix.sizes(), (std::vector<int64_t>{kRows, kColumns}));
  EXPECT_TRUE(matrix[kRows - 1].equal(at::arange(32, at::kBFloat16).repeat({kColumns / 32})));
  EXPECT_GT(grown, 2.0 * kRows * kColumns);
  EXPECT_LT(grown, 3.5 * kRows * kColumns);  // with the mapped file
  EXPECT_GT(by_a_copy, 5.5 * kRows * kColumns);
}

TEST(GgufWeights, RowsThatAreNoWholeHeadsAreRefused) {
  const Folder folder;
  std::string bytes = base::read_file(golden_gguf("llama.gguf"));
  const std::string key = "llama.attention.head_count_kv";
  bytes[bytes.find(key) + key.size() + 4] = 3;
  EXPECT_THAT(message([&] { read_gguf_weights(folder.put("x.gguf", bytes)); }),
              HasSubstr("tensor blk.0.attn_k.weight has 16 rows for 3 heads"));
}

TEST(GgufWeights, AVectorOfBlocksHasItsValues) {
  const Folder folder;
  const Tensors tensors = read_gguf_weights(folder.put(
      "x.gguf", file_of({.names = {"a.weight", "b.weight"}, .type = kQ8, .bytes = q8_block()})));
  ASSERT_EQ(tensors.size(), 2u);
  for (const auto& [name, tensor] : tensors)
    EXPECT_TRUE(tensor.equal(at::arange(32, at::kFloat))) << name << tensor;
}

TEST(GgufWeights, AVectorOfBlocksWhoseValuesChangePlacesIsRefused) {
  const Folder folder;
  const fs::path file = folder.put(
      "x.gguf", file_of({.names = {"blk.0.attn_q.bias"}, .type = kQ8, .bytes = q8_block()}));
  EXPECT_THAT(message([&] { read_gguf_weights(file); }),
              HasSubstr("tensor blk.0.attn_q.bias is a vector of type Q8_0"));
}

TEST(GgufWeights, ATensorByTwoNamesIsRefused) {
  const Folder folder;
  const fs::path file =
      folder.put("x.gguf", file_of({.names = {"output_norm.weight", "model.norm.weight"},
                                    .type = kF32,
                                    .bytes = std::string(128, '\0')}));
  EXPECT_THAT(message([&] { read_gguf_weights(file); }),
              HasSubstr("has tensor model.norm.weight by two names"));
}

TEST(GgufWeights, AFolderOfOneFileIsAModelWhoseHashIsItsBytes) {
  const Folder folder;
  const fs::path file = folder.put("any.gguf", base::read_file(golden_gguf("types.gguf")));
  EXPECT_EQ(resolve(folder.path().string()), folder.path());
  EXPECT_THAT(model_files(folder.path()), ::testing::ElementsAre(file));
  expect_values("types.gguf", read_model_weights(folder.path()));
  const std::string hash = hash_model(folder.path());
  std::string bytes = base::read_file(file);
  bytes.back() ^= 1;
  folder.put("any.gguf", bytes);
  EXPECT_NE(hash_model(folder.path()), hash);
}

TEST(GgufWeights, AConfigBesideItMakesItAnotherKindOfFolder) {
  const Folder folder;
  folder.put("any.gguf", base::read_file(golden_gguf("types.gguf")));
  folder.put("config.json", "{}");
  EXPECT_THAT(message([&] { read_model_weights(folder.path()); }), HasSubstr("has no weights"));
}

}  // namespace
}  // namespace lorahub::checkpoint
