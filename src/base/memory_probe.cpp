#include "base/memory_probe.hpp"

#include <sys/mman.h>

namespace lorahub::base {

bool gets_memory(size_t bytes) {
  void* const probe =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return probe != MAP_FAILED && ::munmap(probe, bytes) == 0;
}

}  // namespace lorahub::base
