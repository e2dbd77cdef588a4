// Messages between ranks as bytes. A message is a struct that lists its fields once, in `kFields`;
// encode() and decode() both follow that list. It is our own, since values travel as they lie in
// memory (all ranks of a run are one program on one kind of machine), and since a message that is
// damaged, or of another build, must be refused with a sentence and never be read beyond its end.
//
//   struct AnswerRequest {
//     uint64_t batch = 0;
//     std::vector<double> weights;
//     static constexpr auto kFields =
//         std::tuple(&AnswerRequest::batch, &AnswerRequest::weights);
//     void check() const;  // optional, called by decode(): Error for values that make no sense
//   };
//
// A field is a number, an enumerator, a text, a pair, a vector of fields or another message.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace lorahub::base {

// The fields of a message; to be specialised for a struct of another layer, which has no kFields.
template <class Message>
struct FieldsOf;
template <class Message>
requires requires { Message::kFields; }
struct FieldsOf<Message> {
  static constexpr auto kList = Message::kFields;
};

template <class T>
concept Plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class ByteWriter {
 public:
  template <class T>
  void put(const T& value) {
    if constexpr (Plain<T>)
      bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    else
      std::apply([&](auto... field) { (put(value.*field), ...); }, FieldsOf<T>::kList);
  }
  void put(const std::string& text) {
    put(uint64_t{text.size()});
    bytes_ += text;
  }
  template <class A, class B>
  void put(const std::pair<A, B>& pair) {
    put(pair.first);
    put(pair.second);
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put(uint64_t{values.size()});
    if constexpr (Plain<T>)
      bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    else
      for (const T& value : values) put(value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what ByteWriter wrote, in order. base::Error where fewer bytes are left than are needed.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}  // `bytes` must outlive it

  template <class T>
  void get(T& value) {
    if constexpr (Plain<T>) {
      check_left(1, sizeof value);
      std::memcpy(&value, bytes_.data() + at_, sizeof value);
      at_ += sizeof value;
    } else {
      std::apply([&](auto... field) { (get(value.*field), ...); }, FieldsOf<T>::kList);
      if constexpr (requires { value.check(); }) value.check();
    }
  }
  void get(std::string& text) {
    const uint64_t length = count(1);
    text = bytes_.substr(at_, length);
    at_ += length;
  }
  template <class A, class B>
  void get(std::pair<A, B>& pair) {
    get(pair.first);
    get(pair.second);
  }
  template <class T>
  void get(std::vector<T>& values) {
    if constexpr (Plain<T>) {
      values.resize(count(sizeof(T)));
      if (!values.empty())
        std::memcpy(values.data(), bytes_.data() + at_, values.size() * sizeof(T));
      at_ += values.size() * sizeof(T);
    } else {
      values.clear();
      for (uint64_t left = count(1); left > 0; --left) get(values.emplace_back());
    }
  }
  void check_end() const {
    base::check(at_ == bytes_.size(), "a message between ranks has {} bytes too many {}",
                bytes_.size() - at_, kAdvice);
  }

 private:
  static constexpr const char* kAdvice =
      "(the ranks may be different builds), start the same program on all nodes";

  // Reads how many values follow, each of `size` bytes or more.
  uint64_t count(size_t size) {
    uint64_t values = 0;
    get(values);
    check_left(values, size);
    return values;
  }
  void check_left(uint64_t values, size_t size) const {
    base::check(values <= (bytes_.size() - at_) / size, "a message between ranks ends early {}",
                kAdvice);
  }
  std::string_view bytes_;
  size_t at_ = 0;
};

template <class T>
std::string encode(const T& message) {
  ByteWriter writer;
  writer.put(message);
  return writer.take();
}

// The inverse of encode(). base::Error for bytes that are no such message.
template <class T>
T decode(std::string_view bytes) {
  T message;
  ByteReader reader(bytes);
  reader.get(message);
  reader.check_end();
  return message;
}

}  // namespace lorahub::base
