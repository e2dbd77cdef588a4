#include "serve/secrets.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/check.hpp"
#include "process.hpp"

namespace lorahub::serve {
namespace {

TEST(Secrets, ATokenIsMadeOnceAndForItsUserAlone) {
  const auto file = fresh_folder("secrets") / "deep/token";
  const std::string token = token_of(file);
  EXPECT_EQ(token.size(), 64);
  EXPECT_EQ(token_of(file), token);
  struct stat state {};
  ASSERT_EQ(::stat(file.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600U);
  EXPECT_NE(random_hex(16), random_hex(16));
}

TEST(Secrets, AFileWithoutATokenIsRefused) {
  const auto file = fresh_folder("secrets") / "token";
  for (const char* text :
       {"", "short", "has a space in the middle", "umlaut-\xc3\xa4-of-a-token"}) {
    std::ofstream(file) << text;
    EXPECT_THROW(token_of(file), base::Error) << text;
  }
}

}  // namespace
}  // namespace lorahub::serve
