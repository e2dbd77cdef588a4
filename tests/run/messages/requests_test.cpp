#include "run/messages/requests.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"
#include "base/random.hpp"

namespace lorahub::run {
namespace {

TEST(Requests, GoThereAndBack) {
  const RankRequest asked{
      .kind = RequestKind::answer, .trial = 7, .kept = {3, 1}, .body = std::string("\0x", 2)};
  const RankRequest same = decode(encode(asked));
  EXPECT_EQ(same.kind, asked.kind);
  EXPECT_EQ(same.trial, asked.trial);
  EXPECT_EQ(same.kept, asked.kept);
  EXPECT_EQ(same.body, asked.body);
  const AnswerUnit unit = read_answer(answer_body({.batch = 5, .weights = {0.5, -1}}));
  EXPECT_EQ(unit.batch, 5U);
  EXPECT_EQ(unit.weights, (std::vector<double>{0.5, -1}));
}

TEST(Requests, CutOrForeignOnesAreRefused) {
  const std::string whole = encode({.kind = RequestKind::search, .trial = 1, .kept = {1, 2, 3}});
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(decode(whole.substr(0, length)), base::Error) << length;
  EXPECT_THROW(decode("?" + whole.substr(1)), base::Error);
  for (size_t length = 0; length < 8; ++length)
    EXPECT_THROW(read_answer(std::string(length, 'x')), base::Error) << length;
  EXPECT_THROW(read_answer(std::string(13, 'x')), base::Error) << "half a weight";
  EXPECT_THROW(doubles("1234567"), base::Error);
}

// No bytes make it read beyond them: the sanitizers would say so.
TEST(Requests, AnyBytesAreReadOrRefused) {
  base::Stream random(1, "requests");
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random.bits() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random.bits());
    if (!bytes.empty()) bytes[0] = "DELWXJPMSAT"[random.bits() % 11];
    try {
      read_answer(decode(bytes).body);
    } catch (const base::Error&) {
    }
  }
}

}  // namespace
}  // namespace lorahub::run
