#include "store/sentence.hpp"

#include <gtest/gtest.h>

namespace lorahub::store {
namespace {

TEST(Sentence, LeavesOutStackTracesAddressesAndControlCharacters) {
  EXPECT_EQ(
      sentence("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't "
               "allocate memory: you tried to allocate 8 bytes. Error code 12 (Cannot "
               "allocate memory)\nframe #0: c10::ThrowEnforceNotMet + 0x49 (0x7f1a2b3c4d5e in "
               "/lib/libc10.so)\n"),
      "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate "
      "memory: you tried to allocate 8 bytes. Error code 12 (Cannot allocate memory)");
  EXPECT_EQ(sentence("sizes differ\nException raised from check at a.cpp:3 (most recent call "
                     "first):\nframe #0: x"),
            "sizes differ");
  EXPECT_EQ(sentence("object at 0x7ffd12345678 is bad"), "object at  is bad");
  EXPECT_EQ(sentence("a\n\tb\x1b[31mred"), "a b [31mred");
  EXPECT_EQ(sentence(""), "");
}

TEST(Sentence, CutsAtAWholeCharacter) {
  EXPECT_EQ(sentence("aß", 2), "a...");
  EXPECT_EQ(sentence(std::string(1000000, 'x'), 10), "xxxxxxxxxx...");
}

}  // namespace
}  // namespace lorahub::store
