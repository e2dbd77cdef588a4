#include "checkpoint/weights.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "checkpoint/files.hpp"

namespace lorahub::checkpoint {
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

// An index of shards that are golden files.
std::string index_of(const std::vector<std::pair<std::string, std::string>>& shards) {
  nlohmann::json map;
  for (const auto& [shard, file] : shards)
    for (const auto& [name, unused] : read_pytorch_bin(testing::golden(file))) map[name] = shard;
  return nlohmann::json{{"weight_map", map}}.dump();
}

TEST(Weights, OneSafetensorsFile) {
  const Folder folder;
  write_safetensors(folder / "model.safetensors", numbered(1));
  EXPECT_TRUE(same(read_model_weights(folder.path()), numbered(1)));
}

TEST(Weights, SafetensorsShardsByIndex) {
  const Folder folder;
  put_shards(folder, "model", ".safetensors");
  write_safetensors(folder / "model-00001-of-00002.safetensors", {{"a", at::full({2}, 1.F)}});
  write_safetensors(folder / "model-00002-of-00002.safetensors", {{"b", at::full({3}, 2.F)}});
  EXPECT_TRUE(same(read_model_weights(folder.path()), numbered(1)));
}

// transformers reads all of every shard, whatever the index lists.
TEST(Weights, ShardsThatTheIndexDoesNotDescribeAreRefused) {
  const Folder folder;
  put_shards(folder, "model", ".safetensors");
  write_safetensors(folder / "model-00001-of-00002.safetensors", {{"a", at::full({2}, 1.F)}});
  write_safetensors(folder / "model-00002-of-00002.safetensors",
                    {{"a", at::full({2}, 9.F)}, {"b", at::full({3}, 2.F)}});
  EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
              AllOf(HasSubstr("tensor a"), HasSubstr("model-00002"), HasSubstr("other values")));
  write_safetensors(folder / "model-00002-of-00002.safetensors",
                    {{"b", at::full({3}, 2.F)}, {"c", at::full({3}, 2.F)}});
  EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
              AllOf(HasSubstr("does not list tensor c"), HasSubstr("model-00002")));
}

TEST(Weights, WrappersInNamesAreTakenOff) {
  for (const char* before :
       {"_orig_mod.", "module.", "model.", "transformer.", "base_model.model.", "module._orig_mod.",
        "_forward_module.module.", "base_model.model.base_model.model."}) {
    const Folder folder;
    write_safetensors(
        folder / "model.safetensors",
        {{std::string(before) + "encoder.x.weight", at::ones({2})},
         {"decoder._orig_mod.block._checkpoint_wrapped_module.model.weight", at::zeros({2})}});
    const Tensors read = read_model_weights(folder.path());
    EXPECT_EQ(read.count("encoder.x.weight"), 1U) << before;
    EXPECT_EQ(read.count("decoder.block.model.weight"), 1U) << before;
  }
}

TEST(Weights, TwoTensorsOfOneNameAndEmptyOnesAreRefused) {
  const Folder folder;
  write_safetensors(folder / "model.safetensors",
                    {{"module.a", at::ones({2})}, {"a", at::zeros({2})}});
  EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
              AllOf(HasSubstr("tensors a and module.a are both a"), HasSubstr("which one")));
  write_safetensors(folder / "model.safetensors", {{"a", at::ones({0})}});
  EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
              AllOf(HasSubstr("tensor a"), HasSubstr("ZeRO-3")));
}

TEST(Weights, OnePickledFileAndItsShards) {
  const Folder folder;
  folder.put("pytorch_model.bin", testing::golden_bytes("state_dict.bin"));
  testing::expect_golden("state_dict.bin", read_model_weights(folder.path()));
  const Folder sharded;
  sharded.put("one.bin", testing::golden_bytes("state_dict.bin"));
  sharded.put("two.bin", testing::golden_bytes("parameters.bin"));
  sharded.put("pytorch_model.bin.index.json",
              index_of({{"one.bin", "state_dict.bin"}, {"two.bin", "parameters.bin"}}));
  const Tensors read = read_model_weights(sharded.path());
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
  for (const auto& [index, said] :
       {std::pair("", ":1: is not JSON: it seems to be an empty file"),
        std::pair("[]", ": is not a JSON object"), std::pair("{}", ": has no weight_map"),
        std::pair(R"({"weight_map": {}})", ": has no weight_map"),
        std::pair(R"({"weight_map": [1]})", ": has no weight_map")}) {
    const Folder folder;
    folder.put("model.safetensors.index.json", index);
    EXPECT_THAT(message([&] { read_model_weights(folder.path()); }),
                HasSubstr(std::string("model.safetensors.index.json") + said));
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
}  // namespace lorahub::checkpoint
