#include "model/t5/generate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/check.hpp"
#include "model/models.hpp"
#include "model/t5/reference.hpp"

namespace lorahub::model::t5 {
namespace {

using test::Golden;
using test::golden;

std::vector<Ids> sources_of(const Golden& g) {
  std::vector<Ids> all;
  for (const Tokens& pair : g.pairs) all.push_back(pair.source);
  return all;
}

// Greedy ids by the plain network, everything computed anew at each step.
Ids slowly(const Network& network, const Adapter& adapter, const Ids& source, int max_tokens) {
  Ids ids;
  for (int step = 0; step < max_tokens; ++step) {
    Ids target = ids;
    target.push_back(network.config.eos);  // the last target id is not read by the decoder
    const Tokens pair{.source = source, .target = target};
    const at::Tensor scores = reference::logits(network, adapter, std::span(&pair, 1))[0][step];
    const int64_t best = scores.argmax().item<int64_t>();
    if (best == network.config.eos) break;
    ids.push_back(best);
  }
  return ids;
}

class GenerateGolden : public testing::TestWithParam<const char*> {};

TEST_P(GenerateGolden, writes_what_transformers_writes_in_f64) {
  const Golden g = golden(GetParam());
  const std::vector<Ids> answers = generate(g.network, {}, sources_of(g), {g.max_tokens});
  size_t compared = 0, steps = 0;
  for (size_t k = 0; k < answers.size(); ++k) {
    const auto& expected = g.examples[k].at("greedy");
    const auto& gaps = g.examples[k].at("gaps");
    steps += expected.size();
    for (size_t t = 0; t < expected.size(); ++t) {
      if (gaps[t].get<double>() <= 1e-4) break;  // a tie in f32: what follows may differ
      ++compared;
      if (expected[t] == g.config.eos) {
        EXPECT_EQ(answers[k].size(), t);
      } else {
        ASSERT_GT(answers[k].size(), t);
        EXPECT_EQ(answers[k][t], expected[t]) << "example " << k << " step " << t;
      }
    }
  }
  EXPECT_GE(compared, steps * 9 / 10);
}

INSTANTIATE_TEST_SUITE_P(Shapes, GenerateGolden,
                         testing::Values("tiny_gated", "tiny_relu", "small", "base"),
                         [](const auto& shape) { return std::string(shape.param); });

TEST(Generate, stops_at_the_end_token_and_drops_finished_rows) {
  Golden g = golden("tiny_gated");
  const std::vector<Ids> free = generate(g.network, {}, sources_of(g), {30});
  // Each id that was written plays </s> in turn: answers are the free ones up to it.
  std::vector<int64_t> ids;
  for (const Ids& answer : free) ids.insert(ids.end(), answer.begin(), answer.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  ASSERT_GT(ids.size(), 10u);
  for (const int64_t end : ids) {
    g.network.config.eos = end;
    const std::vector<Ids> answers = generate(g.network, {}, sources_of(g), {30});
    for (size_t k = 0; k < free.size(); ++k) {
      const auto stop = std::find(free[k].begin(), free[k].end(), end);
      EXPECT_EQ(answers[k], Ids(free[k].begin(), stop)) << "end " << end << " row " << k;
    }
  }
}

TEST(Generate, an_answer_does_not_depend_on_its_batch) {
  const Golden g = golden("tiny_relu");
  const std::vector<Ids> together = generate(g.network, {}, sources_of(g), {20});
  for (size_t k = 0; k < g.pairs.size(); ++k) {
    const std::vector<Ids> alone = generate(g.network, {}, std::span(&g.pairs[k].source, 1), {20});
    EXPECT_EQ(together[k], alone[0]) << k;
  }
}

TEST(Generate, adapters_act_as_in_the_reference) {
  const Golden g = golden("tiny_gated");
  const Adapter adapter = test::random_adapter(g.config, 1);
  const std::vector<Ids> base = generate(g.network, {}, sources_of(g), {10});
  const std::vector<Ids> answers = generate(g.network, adapter, sources_of(g), {10});
  EXPECT_NE(answers, base);
  for (size_t k = 0; k < answers.size(); ++k) {
    EXPECT_EQ(answers[k], slowly(g.network, adapter, g.pairs[k].source, 10)) << k;
  }
}

// Ends come early and late, so that candidates leave the batch at different steps.
TEST(Generate, candidates_side_by_side_answer_as_each_alone) {
  Golden g = golden("tiny_gated");
  const Adapter adapter = test::random_adapter(g.config, 5);
  const std::vector<Ids> free = generate_each(g.network, adapter, sources_of(g), {24});
  std::set<int64_t> ends;
  for (const Ids& answer : free) ends.insert(answer.begin(), answer.end());
  ASSERT_GT(ends.size(), 10u);
  const size_t rows = g.pairs.size();
  for (const int64_t end : ends) {
    g.network.config.eos = end;
    const std::vector<Ids> all = generate_each(g.network, adapter, sources_of(g), {24});
    ASSERT_EQ(all.size(), 5 * rows);
    for (size_t p = 0; p < 5; ++p) {
      const auto own = std::span(all).subspan(p * rows, rows);
      const Adapter one = test::one_of(adapter, static_cast<int64_t>(p));
      EXPECT_TRUE(std::ranges::equal(own, generate(g.network, one, sources_of(g), {24})))
          << "end " << end << " candidate " << p;
      EXPECT_TRUE(std::ranges::equal(own, generate_each(g.network, one, sources_of(g), {24})));
    }
  }
}

TEST(Generate, ties_go_to_the_lowest_id) {
  Golden g = golden("tiny_gated");
  const Ids once = generate(g.network, {}, std::span(&g.pairs[3].source, 1), {1})[0];
  ASSERT_EQ(once.size(), 1u);
  const int64_t winner = once[0];
  for (const int64_t twin : {int64_t{0}, winner - 1, winner + 1, int64_t{95}}) {
    if (twin < 0 || twin > 95 || twin == winner || twin == g.config.eos) continue;
    Network network = g.network;
    network.lm_head = network.lm_head.clone();
    network.lm_head[twin] = network.lm_head[winner];
    EXPECT_EQ(generate(network, {}, std::span(&g.pairs[3].source, 1), {1})[0],
              Ids{std::min(twin, winner)});
  }
}

// One row of two overflows: its answer ends there, and the other's is as it was.
// A token of one row's source that another row has neither in its source nor in its answer.
int64_t token_of_some_rows(const std::vector<Tokens>& pairs, const std::vector<Ids>& answers) {
  const auto has = [](const Ids& ids, int64_t token) { return std::ranges::count(ids, token) > 0; };
  for (const Tokens& pair : pairs)
    for (const int64_t token : pair.source)
      for (size_t k = 0; k < pairs.size(); ++k)
        if (!has(pairs[k].source, token) && !has(answers[k], token)) return token;
  ADD_FAILURE() << "all rows have the same tokens";
  return 0;
}

TEST(Generate, logits_that_are_not_finite_end_an_answer_or_are_an_error) {
  const Golden g = golden("tiny_gated");
  Network network = g.network;
  network.embedding = network.embedding.clone();
  const std::vector<Ids> before = generate(g.network, {}, sources_of(g), {10});
  const int64_t spoilt = token_of_some_rows(g.pairs, before);
  const auto reads = [&](const Ids& ids) { return std::ranges::count(ids, spoilt) > 0; };
  network.embedding[spoilt].fill_(std::numeric_limits<float>::infinity());
  const std::vector<Ids> answers = generate(network, {}, sources_of(g), {10});
  size_t kept = 0;
  for (size_t k = 0; k < answers.size(); ++k) {
    if (reads(g.pairs[k].source)) {
      EXPECT_EQ(answers[k], Ids{}) << k;
    } else if (!reads(before[k])) {
      EXPECT_EQ(answers[k], before[k]) << k;
      ++kept;
    }
  }
  EXPECT_GT(kept, 0U);
  AnswerLimit strict{.max_tokens = 10};
  EXPECT_EQ(generate(g.network, {}, sources_of(g), strict), before);
  strict.not_finite = AnswerLimit::NotFinite::is_an_error;
  EXPECT_EQ(generate(g.network, {}, sources_of(g), strict), before);
  EXPECT_THROW(generate(network, {}, sources_of(g), strict), base::Error);
}

TEST(Generate, max_tokens_and_empty_batches) {
  const Golden g = golden("tiny_relu");
  const std::vector<Ids> long_answers = generate(g.network, {}, sources_of(g), {70});
  const std::vector<Ids> short_answers = generate(g.network, {}, sources_of(g), {9});
  for (size_t k = 0; k < g.pairs.size(); ++k) {
    const Ids& whole = long_answers[k];
    const auto end = whole.begin() + static_cast<int64_t>(std::min<size_t>(9, whole.size()));
    EXPECT_EQ(short_answers[k], Ids(whole.begin(), end));
  }
  EXPECT_EQ(generate(g.network, {}, sources_of(g), {0}), std::vector<Ids>(g.pairs.size()));
  EXPECT_TRUE(generate(g.network, {}, {}, {5}).empty());
  const Ids outside{96};
  EXPECT_THROW(generate(g.network, {}, std::span(&outside, 1), {5}), base::Error);
}

}  // namespace
}  // namespace lorahub::model::t5
