#include "lora/claim.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "base/files.hpp"

namespace lorahub::lora {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string refusal(const fs::path& folder) {
  try {
    check_free(folder, Force::no);
    return "";
  } catch (const base::Error& error) {
    return error.what();
  }
}

// A kill between the creation of the card's temporary file and its renaming leaves that file alone.
TEST(Claim, AFolderWithTheBeginningOfACardIsFree) {
  const fs::path folder = fs::path(testing::TempDir()) / "claim_test";
  fs::remove_all(folder);
  base::write_file(folder / "README.md.0887dea5-19318-122.tmp", "");
  EXPECT_EQ(refusal(folder), "");
  claim(folder, {});
  EXPECT_EQ(refusal(folder), "");
  fs::remove(folder / "README.md");
  base::write_file(folder / "README.txt.0887dea5-19318-122.tmp", "mine");
  EXPECT_THAT(refusal(folder), HasSubstr("holds README.txt.0887dea5-19318-122.tmp, which no"));
  fs::remove(folder / "README.txt.0887dea5-19318-122.tmp");
  fs::create_symlink("/etc/hostname", folder / "README.md.x.tmp");
  EXPECT_THAT(refusal(folder), HasSubstr("holds README.md.x.tmp"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace lorahub::lora
