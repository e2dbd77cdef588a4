#include "base/folder_size.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace lorahub::base {
namespace {

namespace fs = std::filesystem;

TEST(FolderSize, IsOfItsFilesAndThoseBelow) {
  const fs::path folder = fs::path(testing::TempDir()) / "folder_size";
  fs::remove_all(folder);
  EXPECT_EQ(folder_size(folder), 0U) << "there is none";
  fs::create_directories(folder / "a/b");
  EXPECT_EQ(folder_size(folder), 0U);
  write_file(folder / "one", "12345");
  write_file(folder / "a/b/two", "123");
  fs::create_symlink("/", folder / "a/everything");  // not followed
  EXPECT_EQ(folder_size(folder), 8U);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace lorahub::base
