// Runs the tests of a program. Each process has a folder for its files (testing::TempDir()), since
// tests run beside each other. The destructors of libraries are left out: LibTorch's take 0.08 s,
// and each test is a process of its own. A sanitizer looks for leaks at a usual end.
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  std::string folder = (std::filesystem::temp_directory_path() / "lorahub_test_XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return std::perror(folder.c_str()), 1;
  ::setenv("TEST_TMPDIR", folder.c_str(), 1);
  const int code = RUN_ALL_TESTS();
  std::error_code left;  // a folder that stays is no fault of a test
  std::filesystem::remove_all(folder, left);
#ifdef __SANITIZE_ADDRESS__
  return code;
#else
  std::fflush(nullptr);
  std::_Exit(code);
#endif
}
