// libFuzzer's entry to one target (TARGET): what it refuses is fine; a crash, a hang or memory
// without bound is not.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    lorahub::fuzz::TARGET({reinterpret_cast<const char*>(data), size});
  } catch (const lorahub::base::Error&) {
  }
  return 0;
}
