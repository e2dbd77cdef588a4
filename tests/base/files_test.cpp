#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.hpp"

namespace lorahub::base {
namespace {

Path fresh_folder() {
  const Path folder = Path(testing::TempDir()) / format("files_{}", ::getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

TEST(Files, WrittenWholeAndReadBack) {
  const Path file = fresh_folder() / "a" / "b.txt";
  write_file(file, "old");
  write_file(file, std::string("new\0bytes", 9));
  EXPECT_EQ(read_file(file), std::string("new\0bytes", 9));
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".tmp"));
}

TEST(Files, WhatCannotBeReadIsNamed) {
  const Path folder = fresh_folder();
  EXPECT_THROW(
      {
        try {
          read_file(folder / "absent");
        } catch (const Error& error) {
          EXPECT_NE(std::string(error.what()).find("absent"), std::string::npos);
          throw;
        }
      },
      Error);
  EXPECT_THROW(read_file(folder), Error);  // a folder is not a file
  write_file(folder / "empty", "");
  EXPECT_EQ(read_file(folder / "empty"), "");
}

}  // namespace
}  // namespace lorahub::base
