#include "store/codec.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/random.hpp"
#include "samples.hpp"

namespace lorahub::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> round_trip(const std::vector<double>& values) {
  Record record;
  record.weights = values;
  return std::get<Finish>(decode(encode(Finish{.record = record}))).record.weights;
}

std::vector<uint64_t> bits(const std::vector<double>& values) {
  std::vector<uint64_t> words;
  for (const double value : values) words.push_back(std::bit_cast<uint64_t>(value));
  return words;
}

TEST(Codec, SpecialDoublesKeepTheirBits) {
  using Limits = std::numeric_limits<double>;
  const std::vector<double> values{0.0,
                                   -0.0,
                                   1.0,
                                   0.1,
                                   1.0 / 3,
                                   Limits::max(),
                                   Limits::min(),
                                   Limits::denorm_min(),
                                   -Limits::denorm_min(),
                                   std::nextafter(1.0, 2.0),
                                   9007199254740993.0,
                                   samples::kNan,
                                   samples::kInfinity,
                                   -samples::kInfinity};
  EXPECT_EQ(bits(round_trip(values)), bits(values));
}

TEST(Codec, RandomDoublesKeepTheirBits) {
  base::Stream stream(1, "bits");
  std::vector<double> values;
  while (values.size() < 20000) {
    const uint64_t word = uint64_t{stream.bits()} << 32 | stream.bits();
    if (const auto value = std::bit_cast<double>(word); std::isfinite(value))
      values.push_back(value);
  }
  EXPECT_EQ(bits(round_trip(values)), bits(values));
}

TEST(Codec, NonFiniteNumbersAreStrings) {
  const auto json = nlohmann::json::parse(encode(
      Told{.trial = "t",
           .generation = {.population = {.dim = 1, .weights = {1, 2, 3}},
                          .losses = {samples::kNan, samples::kInfinity, -samples::kInfinity}}}));
  EXPECT_EQ(json["generation"]["losses"], nlohmann::json::parse(R"(["nan", "inf", "-inf"])"));
}

TEST(Codec, EveryFieldOfARecordReturns) {
  const Record in = samples::record("id", "task", 1);
  const std::string line = encode(Finish{.record = in});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const Record out = std::get<Finish>(decode(line)).record;
  EXPECT_EQ(out.trial, in.trial);
  EXPECT_EQ(out.knobs, in.knobs);
  EXPECT_EQ(out.resolved, in.resolved);
  EXPECT_EQ(out.modules, in.modules);
  EXPECT_EQ(out.shot_rows, in.shot_rows);
  EXPECT_EQ(out.dropped_rows, in.dropped_rows);
  EXPECT_EQ(out.shot_tokens, in.shot_tokens);
  EXPECT_EQ(out.shot_sha256, in.shot_sha256);
  EXPECT_EQ(out.weights, in.weights);
  EXPECT_EQ(out.best_loss, in.best_loss);
  EXPECT_EQ(out.zero_loss, in.zero_loss);
  EXPECT_EQ(out.shot_sums, in.shot_sums);
  EXPECT_EQ(out.accuracy, in.accuracy);
  ASSERT_EQ(out.generations.size(), in.generations.size());
  for (size_t g = 0; g < in.generations.size(); ++g) {
    EXPECT_EQ(out.generations[g].population.dim, 2);
    EXPECT_EQ(bits(out.generations[g].population.weights),
              bits(in.generations[g].population.weights));
    EXPECT_EQ(bits(out.generations[g].losses), bits(in.generations[g].losses));
  }
  ASSERT_EQ(out.answers.size(), in.answers.size());
  for (size_t a = 0; a < in.answers.size(); ++a) {
    EXPECT_EQ(out.answers[a].row, in.answers[a].row);
    EXPECT_EQ(out.answers[a].input_sha256, in.answers[a].input_sha256);
    EXPECT_EQ(out.answers[a].target, in.answers[a].target);
    EXPECT_EQ(out.answers[a].answer, in.answers[a].answer);
    EXPECT_EQ(out.answers[a].hit, in.answers[a].hit);
  }
  EXPECT_THAT((std::vector{out.counts.evaluations, out.counts.probes, out.counts.rounds,
                           out.counts.example_forwards, out.counts.search_tokens,
                           out.counts.answer_tokens}),
              ElementsAre(8, 3, 4, 10, 1234, 99));
  EXPECT_EQ(out.timing.energy, in.timing.energy);
  EXPECT_EQ(out.timing.waits, in.timing.waits);
  EXPECT_THAT((std::vector{out.timing.load, out.timing.search, out.timing.answer}),
              ElementsAre(0.5, 2.25, 1.0 / 3));
}

TEST(Codec, TheOtherEntriesReturn) {
  const Header in = samples::header();
  const auto header = std::get<Header>(decode(encode(in)));
  EXPECT_EQ(header.study, in.study);
  EXPECT_EQ(header.question, in.question);
  EXPECT_EQ(header.yaml, in.yaml);
  EXPECT_EQ(header.command_line, in.command_line);
  EXPECT_EQ(header.started_utc, in.started_utc);
  EXPECT_EQ(header.environment, in.environment);
  const auto start = std::get<Start>(decode(encode(Start{"t", samples::inputs(), 12.5})));
  EXPECT_EQ(start.trial, "t");
  EXPECT_EQ(start.inputs, samples::inputs());
  EXPECT_EQ(start.seconds, 12.5);
  const auto fail = std::get<Fail>(decode(encode(Fail{"t", "a\nb\t\"c\""})));
  EXPECT_EQ(fail.trial, "t");
  EXPECT_EQ(fail.message, "a\nb\t\"c\"");
}

TEST(Codec, GenerationsToldBeforeAreNotWrittenAgain) {
  const Record record = samples::record("id", "task", 1);
  const std::string line = encode(Finish{.record = record, .told = 3});
  const auto finish = std::get<Finish>(decode(line));
  EXPECT_EQ(finish.told, 3U);
  EXPECT_TRUE(finish.record.generations.empty());
}

TEST(Codec, BytesThatAreNotUtf8DoNotStopARun) {
  EXPECT_EQ(std::get<Fail>(decode(encode(Fail{"t", "a\xff z"}))).message, "a\xEF\xBF\xBD z");
}

TEST(Codec, OtherJsonIsRefused) {
  EXPECT_THROW(decode("{}"), base::Error);
  EXPECT_THROW(decode("{\"kind\":\"dance\"}"), base::Error);
  EXPECT_THROW(decode("{\"kind\":\"fail\",\"trial\":3,\"message\":\"\"}"), base::Error);
  EXPECT_THROW(decode("[1,"), base::Error);
}

TEST(Frame, HoldsTheChecksumOfItsRecord) {
  // CRC-32 of "123456789" is the check value of the published standard.
  EXPECT_EQ(frame("123456789"), "{\"crc\":\"cbf43926\",\"record\":123456789}\n");
  EXPECT_EQ(unframe("{\"crc\":\"cbf43926\",\"record\":123456789}"), "123456789");
}

TEST(Frame, AnyChangedByteIsSeen) {
  std::string line = frame(R"({"kind":"fail","trial":"t","message":"m"})");
  line.pop_back();
  ASSERT_FALSE(unframe(line).empty());
  for (size_t i = 0; i < line.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = line;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      EXPECT_TRUE(unframe(bad).empty()) << i;
    }
  for (size_t n = 0; n < line.size(); ++n) EXPECT_TRUE(unframe(line.substr(0, n)).empty()) << n;
}

}  // namespace
}  // namespace lorahub::store
