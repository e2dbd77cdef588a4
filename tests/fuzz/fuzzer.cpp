// libFuzzer's entry to one target (TARGET): what it refuses is fine; a crash, a hang or memory
// without bound is not.
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "base/check.hpp"
#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    lorahub::fuzz::TARGET({reinterpret_cast<const char*>(data), size});
  } catch (const lorahub::base::Error&) {
  } catch (const std::filesystem::filesystem_error&) {  // a name too long: the program says it
  }
  return 0;
}
