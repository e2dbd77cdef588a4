#include "base/sha256.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

TEST(Sha256, Fips180Examples) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesEqualTheWhole) {
  for (size_t length : {1U, 55U, 56U, 63U, 64U, 65U, 119U, 120U, 128U, 200U}) {
    const std::string text(length, 'x');
    for (size_t cut = 0; cut <= length; cut += 7) {
      Sha256 hash;
      hash.update(text.substr(0, cut));
      hash.update(text.substr(cut));
      EXPECT_EQ(hash.hex(), sha256(text)) << length << " cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace lorahub::base
