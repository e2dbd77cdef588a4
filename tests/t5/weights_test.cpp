#include "t5/weights.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "files.hpp"

namespace lorahub::t5 {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Folder;
using ::testing::HasSubstr;
using testing::message;
using testing::same;

Tensors numbered(float first) {
  return {{"a", at::full({2}, first)}, {"b", at::full({3}, first + 1)}};
}

void put_shards(const Folder& folder, const std::string& stem, const std::string& ending) {
  folder.put(stem + ending + ".index.json",
             R"({"metadata": {"total_size": 20}, "weight_map": {"a": ")" + stem +
                 "-00001-of-00002" + ending + R"(", "b": ")" + stem + "-00002-of-00002" + ending +
                 "\"}}");
}

TEST(Weights, OneSafetensorsFile) {
  const Folder folder;
  write_safetensors(folder / "model.safetensors", numbered(1));
  EXPECT_TRUE(same(read_model_weights(folder.path()), numbered(1)));
}

TEST(Weights, SafetensorsShardsByIndex) {
  const Folder folder;
  put_shards(folder, "model", ".safetensors");
  // The second shard's own "a" is not the one that the index names.
  write_safetensors(folder / "model-00001-of-00002.safetensors", {{"a", at::full({2}, 1.F)}});
  write_safetensors(folder / "model-00002-of-00002.safetensors",
                    {{"a", at::full({2}, 9.F)}, {"b", at::full({3}, 2.F)}});
  EXPECT_TRUE(same(read_model_weights(folder.path()), numbered(1)));
}

TEST(Weights, OnePickledFileAndItsShards) {
  const Folder folder;
  folder.put("pytorch_model.bin", testing::golden_bytes("state_dict.bin"));
  testing::expect_golden("state_dict.bin", read_model_weights(folder.path()));
  const Folder sharded;
  sharded.put("one.bin", testing::golden_bytes("state_dict.bin"));
  sharded.put("two.bin", testing::golden_bytes("parameters.bin"));
  sharded.put("pytorch_model.bin.index.json",
              R"({"weight_map": {"wi.bias": "one.bin", "p": "two.bin"}})");
  const Tensors read = read_model_weights(sharded.path());
  ASSERT_EQ(read.size(), 2u);
  EXPECT_TRUE(at::equal(read.at("p"), read_pytorch_bin(testing::golden("parameters.bin")).at("p")));
}

TEST(Weights, SafetensorsComeBeforePickles) {
  const Folder folder;
  folder.put("pytorch_model.bin", testing::golden_bytes("state_dict.bin"));
  write_safetensors(folder / "model.safetensors", numbered(1));
  EXPECT_TRUE(same(read_model_weights(folder.path()), numbered(1)));
}

TEST(Weights, AnEmptyFolderIsToldWhatWasLookedFor) {
  const Folder folder;
  EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
              AllOf(HasSubstr(folder.path().string() + ": has no weights"),
                    HasSubstr("model.safetensors, model.safetensors.index.json, pytorch_model.bin, "
                              "pytorch_model.bin.index.json")));
}

TEST(Weights, MissingShardsAndTensorsAreNamed) {
  const Folder folder;
  put_shards(folder, "model", ".safetensors");
  write_safetensors(folder / "model-00001-of-00002.safetensors", {{"a", at::ones({2})}});
  EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
              HasSubstr("the shard model-00002-of-00002.safetensors is missing"));
  write_safetensors(folder / "model-00002-of-00002.safetensors", {{"c", at::ones({2})}});
  EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
              HasSubstr("tensor b is not in model-00002-of-00002.safetensors"));
}

TEST(Weights, ABrokenIndexIsRefused) {
  for (const char* index : {"", "[]", "{}", R"({"weight_map": {}})", R"({"weight_map": [1]})"}) {
    const Folder folder;
    folder.put("model.safetensors.index.json", index);
    EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
                HasSubstr("model.safetensors.index.json: has no weight_map"));
  }
  for (const char* shard :
       {"\"../model.safetensors\"", "\"/etc/passwd\"", "\"\"", "\"..\"", "1", "null"}) {
    const Folder folder;
    folder.put("model.safetensors.index.json",
               R"({"weight_map": {"a": )" + std::string(shard) + "}}");
    EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
                HasSubstr("tensor a is said to be in " + std::string(shard)));
  }
}

}  // namespace
}  // namespace lorahub::t5
