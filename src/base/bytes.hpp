// Writes values as bytes of a message and reads them back. A message that is damaged, or of another
// build, is refused.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/check.hpp"

namespace lorahub::base {

// Appends plain values as they lie in memory, since all ranks of a run are one program on one kind
// of machine.
template <class T>
void put_bytes(std::string& bytes, const T* values, size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count > 0) bytes.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

// Reads what put_bytes() wrote, in order. base::Error where fewer bytes are left than are asked
// for.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}  // `bytes` must outlive it

  template <class T>
  std::vector<T> get(uint64_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    check_left(count, sizeof(T));
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), bytes_.data() + at_, count * sizeof(T));
    at_ += count * sizeof(T);
    return values;
  }
  template <class T>
  T one() {
    return get<T>(1).front();
  }
  template <class T>
  std::vector<T> rest() {  // all values that are left
    base::check((bytes_.size() - at_) % sizeof(T) == 0, "a message between ranks is torn {}",
                kAdvice);
    return get<T>((bytes_.size() - at_) / sizeof(T));
  }
  uint64_t count() { return one<uint64_t>(); }
  std::string text(uint64_t length) {
    check_left(length, 1);
    at_ += length;
    return std::string(bytes_.substr(at_ - length, length));
  }
  void check_end() const {
    base::check(at_ == bytes_.size(), "a message between ranks has {} bytes too many {}",
                bytes_.size() - at_, kAdvice);
  }

 private:
  static constexpr const char* kAdvice =
      "(the ranks may be different builds), start the same program on all nodes";
  void check_left(uint64_t count, size_t size) const {
    base::check(count <= (bytes_.size() - at_) / size, "a message between ranks ends early {}",
                kAdvice);
  }
  std::string_view bytes_;
  size_t at_ = 0;
};

// A list of texts as bytes and back.
std::string pack_texts(const std::vector<std::string>& texts);
std::vector<std::string> unpack_texts(std::string_view bytes);

}  // namespace lorahub::base
