#include "run/rank/rank_server.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"
#include "run/messages/trial_message.hpp"
#include "study/study.hpp"

namespace lorahub::run {
namespace {

study::Trial a_search() {
  const std::vector<study::Trial> trials =
      study::load(SOURCE_DIR "/experiments/quickstart.yaml").trials;
  for (const study::Trial& trial : trials)
    if (trial.method == study::Method::lorahub) return trial;
  return {};
}

std::string request(RequestKind kind, std::string body) {
  return base::encode(
      RankRequest{.kind = kind, .trial = encode_trial(a_search()), .body = std::move(body)});
}

std::string losses_of_two(int modules) {
  TileRequest tile{.dim = modules, .candidates = 2, .examples = 3};
  for (int i = 0; i < 2 * modules; ++i) tile.weights.push_back(0.1 * (i % 7) - 0.2);
  return request(RequestKind::measure, base::encode(tile));
}

TEST(RankServer, ComputesATrialThatItHasNotReadItself) {
  RankServer stranger({}, {}, {.rank = 0, .size = 1});
  RankServer reader({a_search()}, {}, {.rank = 0, .size = 1});
  plan::Tokenizers tokenizers;
  const std::string join =
      request(RequestKind::join, plan::trial_inputs(a_search(), tokenizers).rows_hash());
  const auto loaded = base::decode<LoadedModules>(stranger.handle(join));
  EXPECT_GT(loaded.names.size(), 1U);
  EXPECT_EQ(base::decode<LoadedModules>(reader.handle(join)).names, loaded.names);
  const std::string measure = losses_of_two(static_cast<int>(loaded.names.size()));
  const auto sums = base::decode<std::vector<double>>(stranger.handle(measure));
  ASSERT_EQ(sums.size(), 6U);
  for (const double sum : sums) EXPECT_GT(sum, 0);
  EXPECT_EQ(base::decode<std::vector<double>>(reader.handle(measure)), sums);
}

TEST(RankServer, RefusesRowsOtherThanThoseOfRank0) {
  RankServer server({}, {}, {.rank = 0, .size = 1});
  EXPECT_THROW(server.handle(request(RequestKind::join, "hash of other rows")), base::Error);
}

TEST(RankServer, RefusesARequestWithoutATrial) {
  RankServer server({}, {}, {.rank = 0, .size = 1});
  EXPECT_THROW(server.handle(base::encode(RankRequest{.kind = RequestKind::train})), base::Error);
  EXPECT_THROW(server.handle("x"), base::Error);
}

}  // namespace
}  // namespace lorahub::run
