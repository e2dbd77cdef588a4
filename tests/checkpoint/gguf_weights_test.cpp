#include "checkpoint/gguf_weights.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "checkpoint/files.hpp"
#include "checkpoint/hub.hpp"

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

TEST(GgufWeights, ValuesOfEachTypeAreThoseOfLlamaCppsPackage) {
  const Tensors tensors = read_gguf_weights(golden_gguf("types.gguf"));
  expect_values("types.gguf", tensors);
  EXPECT_EQ(tensors.at("F16").scalar_type(), at::kHalf);
  EXPECT_EQ(tensors.at("BF16").scalar_type(), at::kBFloat16);
  EXPECT_EQ(tensors.at("Q4_0").scalar_type(), at::kFloat);
}

TEST(GgufWeights, NamesAndOrderOfRowsAreHuggingFaces) {
  expect_values("llama.gguf", read_gguf_weights(golden_gguf("llama.gguf"), 2));
}

TEST(GgufWeights, RowsThatAreNoWholeHeadsAreRefused) {
  const Folder folder;
  std::string bytes = base::read_file(golden_gguf("llama.gguf"));
  const std::string key = "llama.attention.head_count_kv";
  bytes[bytes.find(key) + key.size() + 4] = 3;
  EXPECT_THAT(message([&] { read_gguf_weights(folder.put("x.gguf", bytes)); }),
              HasSubstr("tensor blk.0.attn_k.weight has 16 rows for 3 heads"));
}

TEST(GgufWeights, AFolderOfOneFileIsAModelWhoseHashIsItsBytes) {
  const Folder folder;
  const fs::path file = folder.put("any.gguf", base::read_file(golden_gguf("types.gguf")));
  EXPECT_EQ(resolve(folder.path().string()), folder.path());
  EXPECT_THAT(model_files(folder.path()), ::testing::ElementsAre(file));
  expect_values("types.gguf", read_model_weights(folder.path()));
  EXPECT_THAT(message([&] { check_can_be_copied(folder.path()); }),
              HasSubstr("is a GGUF file without config.json"));
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
