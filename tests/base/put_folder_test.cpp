#include "base/put_folder.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"
#include "base/files.hpp"
#include "process.hpp"

namespace lorahub::base {
namespace {

TEST(PutFolder, IsWholeAndWhereNothingStands) {
  const std::filesystem::path folder = fresh_folder("put_folder");
  write_file(folder / "made/x", "1");
  write_file(folder / "other/y", "2");
  write_file(folder / "file", "3");
  EXPECT_FALSE(put_folder_in_place(folder / "made", folder / "other"));
  EXPECT_FALSE(put_folder_in_place(folder / "made", folder / "file"));
  EXPECT_EQ(read_file(folder / "other/y"), "2");
  EXPECT_EQ(read_file(folder / "file"), "3");
  EXPECT_TRUE(put_folder_in_place(folder / "made", folder / "third"));
  EXPECT_EQ(read_file(folder / "third/x"), "1");
  EXPECT_FALSE(std::filesystem::exists(folder / "made"));
}

TEST(PutFolder, WhatIsNotPossibleIsAnError) {
  const std::filesystem::path folder = fresh_folder("put_folder");
  EXPECT_THROW(put_folder_in_place(folder / "absent", folder / "to"), Error);
  EXPECT_THROW(sync_folder_of(folder / "absent" / "file"), Error);
}

}  // namespace
}  // namespace lorahub::base
