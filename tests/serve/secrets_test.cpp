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
  const UserTokens tokens = tokens_of(file);
  EXPECT_EQ(tokens.at(kAdmin).size(), 64);
  EXPECT_EQ(tokens_of(file), tokens);
  struct stat state {};
  ASSERT_EQ(::stat(file.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600U);
  EXPECT_NE(random_hex(16), random_hex(16));
}

TEST(Secrets, AFileWithoutATokenIsRefused) {
  const auto file = fresh_folder("secrets") / "token";
  for (const char* text :
       {"", "short", "has a space in the middle", "umlaut-\xc3\xa4-of-a-token", "ann:short",
        ":a-token-of-nobody-here", "ann:the-token-of-ann-1\nann:the-token-of-ann-2",
        "ann:the-token-of-both-1\nbob:the-token-of-both-1"}) {
    std::ofstream(file) << text;
    EXPECT_THROW(tokens_of(file), base::Error) << text;
  }
}

TEST(Secrets, EachLineHoldsTheTokenOfOne) {
  const auto file = fresh_folder("secrets") / "token";
  std::ofstream(file) << "ann: the-token-of-ann-1\n\nthe-token-of-the-admin\n";
  EXPECT_EQ(tokens_of(file),
            (UserTokens{{"ann", "the-token-of-ann-1"}, {kAdmin, "the-token-of-the-admin"}}));
}

}  // namespace
}  // namespace lorahub::serve
