#include "train/checkpoint_files.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "process.hpp"

namespace lorahub::train {
namespace {

TEST(CheckpointFiles, AreTheCheckpointAndPartsOfOneAndNothingOfTheUsers) {
  const std::filesystem::path folder = fresh_folder("checkpoint_files");
  for (const char* name : {"checkpoint.safetensors", "checkpoint.safetensors.0a-1-1.tmp",
                           "checkpoint.safetensors.mine", "checkpoint.safetensors2.tmp", "x.tmp"})
    base::write_file(folder / name, "1");
  EXPECT_EQ(checkpoint_files(folder).size(), 2U);
  remove_checkpoint(folder);
  EXPECT_TRUE(checkpoint_files(folder).empty());
  for (const char* kept : {"checkpoint.safetensors.mine", "checkpoint.safetensors2.tmp", "x.tmp"})
    EXPECT_TRUE(std::filesystem::exists(folder / kept)) << kept;
}

}  // namespace
}  // namespace lorahub::train
