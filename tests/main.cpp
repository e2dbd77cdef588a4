// Runs the tests of a program. The destructors of libraries are left out: LibTorch's take 0.08 s,
// and each test is a process of its own. A sanitizer looks for leaks at a usual end.
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  const int code = RUN_ALL_TESTS();
#ifdef __SANITIZE_ADDRESS__
  return code;
#else
  std::fflush(nullptr);
  std::_Exit(code);
#endif
}
