#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/random.hpp"

namespace lorahub::base {
namespace {

enum class Colour : char { red = 'r', blue = 'b' };

struct Inner {
  std::string name;
  std::vector<double> values;
  static constexpr auto kFields = std::tuple(&Inner::name, &Inner::values);
  bool operator==(const Inner&) const = default;
};

struct Outer {
  Colour colour = Colour::red;
  int64_t number = 0;
  std::vector<Inner> inner;
  std::vector<std::pair<std::string, uint32_t>> pairs;
  static constexpr auto kFields =
      std::tuple(&Outer::colour, &Outer::number, &Outer::inner, &Outer::pairs);
  void check() const { base::check(number >= 0, "the number is below 0"); }
  bool operator==(const Outer&) const = default;
};

Outer some() {
  return {.colour = Colour::blue,
          .number = 1L << 40,
          .inner = {{.name = std::string("a\0b", 3), .values = {0.5, -0.0, 5e-324}}, {}},
          .pairs = {{"x", 7}, {"", 0}}};
}

TEST(Bytes, AMessageComesBackAsItWas) {
  EXPECT_EQ(decode<Outer>(encode(some())), some());
  EXPECT_EQ(decode<Outer>(encode(Outer{})), Outer{});
  EXPECT_TRUE(std::signbit(decode<Outer>(encode(some())).inner[0].values[1]));
}

// The order of the fields and their widths, written out by hand.
TEST(Bytes, LieInTheOrderOfTheFields) {
  const Inner inner{.name = "ab", .values = {1}};
  EXPECT_EQ(encode(inner),
            std::string("\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\x3f", 26));
}

TEST(Bytes, TextsGoThereAndBack) {
  const std::vector<std::vector<std::string>> lists = {
      {},
      {""},
      {"", "", ""},
      {"yes", std::string("\0a\0", 3), "\xff\xfe", std::string(100000, 'x'), ""}};
  for (const auto& list : lists) EXPECT_EQ(decode<std::vector<std::string>>(encode(list)), list);
}

TEST(Bytes, CutOrLongerMessagesAreRefused) {
  const std::string whole = encode(some());
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(decode<Outer>(whole.substr(0, length)), Error) << length;
  EXPECT_THROW(decode<Outer>(whole + "x"), Error);
  EXPECT_THROW(decode<std::vector<std::string>>(std::string(16, '\xff')), Error);
  EXPECT_THROW(decode<std::vector<double>>(std::string(16, '\xff')), Error);
}

TEST(Bytes, ValuesThatMakeNoSenseAreRefused) {
  EXPECT_THROW(decode<Outer>(encode(Outer{.number = -1})), Error);
  EXPECT_THROW(decode<std::vector<Outer>>(encode(std::vector{Outer{}, Outer{.number = -1}})),
               Error);
}

// No bytes make it read beyond them: the sanitizers would say so.
TEST(Bytes, AnyBytesAreReadOrRefused) {
  Stream random(1, "bytes");
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = encode(some());
    for (int flips = 0; flips < 3; ++flips)
      bytes[random.bits() % bytes.size()] = static_cast<char>(random.bits());
    try {
      decode<Outer>(bytes);
      ++read;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace lorahub::base
