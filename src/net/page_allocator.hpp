// Memory for large texts that goes back to the system when it is freed. The program's allocator
// keeps what it has once been given, which is right for tensors, and would let clients make it
// grow.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>

namespace lorahub::net {

template <class T>
struct PageAllocator {
  using value_type = T;
  static constexpr size_t kLarge = 1 << 18;  // bytes

  PageAllocator() = default;
  template <class Other>
  PageAllocator(const PageAllocator<Other>&) {}

  T* allocate(size_t count) {
    if (count * sizeof(T) < kLarge) return std::allocator<T>().allocate(count);
    void* pages = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return static_cast<T*>(pages);
  }
  void deallocate(T* memory, size_t count) {
    if (count * sizeof(T) < kLarge) return std::allocator<T>().deallocate(memory, count);
    ::munmap(memory, count * sizeof(T));
  }
  bool operator==(const PageAllocator&) const { return true; }
};

}  // namespace lorahub::net
