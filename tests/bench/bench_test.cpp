// The arithmetic of the measurements; no time is compared with another.
#include "bench/bench.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "model/t5/flop.hpp"
#include "model/t5/model.hpp"
#include "model/t5/sizes.hpp"
#include "process.hpp"

namespace lorahub::bench {
namespace {

using nlohmann::json;

const model::t5::T5Config kTiny{.d_model = 32,
                                .d_kv = 8,
                                .d_ff = 48,
                                .heads = 4,
                                .encoder_layers = 2,
                                .decoder_layers = 2,
                                .vocabulary = 100,
                                .gated = true,
                                .gelu = true};

TEST(Bench, SharesAreOfTheWholeAndRatesOfRealTokens) {
  const auto model = model::t5::as_model(model::t5::random_network(kTiny, {}));
  const lora::Pool pool = lora::random_pool(model->architecture(), 3, base::Device::cpu);
  const BenchResult b =
      bench({.model = *model, .pool = pool, .kernels = {}, .seconds = 1000, .repeats = 1});
  EXPECT_GT(b.peak_f32, 0);
  EXPECT_GT(b.peak_bf16, 0);
  ASSERT_EQ(b.losses.size(), 12U);  // 4 populations x 3 lengths
  for (const MeasuredPass& pass : b.losses) {
    const PassShape& s = pass.shape;
    ASSERT_GT(pass.repeats, 0);
    const model::PassSize size{.source = double(s.source), .target = 8, .rank = 16};
    EXPECT_DOUBLE_EQ(pass.flop, s.candidates * 5 * model::t5::forward_flop(kTiny, size));
    EXPECT_GT(pass.rate, 0);
    EXPECT_GT(pass.share, 0);
    EXPECT_GE(pass.bytes, s.candidates * (b.weight_bytes + b.module_bytes));
    if (s.candidates > 1) continue;
    double sum = 0;
    for (const auto& [name, share] : pass.phases) sum += share;
    EXPECT_NEAR(sum, 1, 1e-9);
    for (const char* name : {"composition", "encoder linears", "encoder attention",
                             "encoder adapters", "decoder linears", "lm_head"})
      EXPECT_GT(pass.phases.at(name), 0) << name;
  }
  EXPECT_GT(b.expected_rate(), 0);
  EXPECT_GT(b.best_rows(), 0);
  ASSERT_EQ(b.compositions.size(), 4U);
  const double module = 16 * 6.0 * 2 * (2 * 32);  // q and v of 6 attentions, a and b
  EXPECT_EQ(b.module_bytes, 3 * 4 * module);
  EXPECT_EQ(b.compositions[1].bytes, 4 * module * (3 + 6));
}

TEST(Bench, LeavesOutWhatDoesNotFit) {
  const auto model = model::t5::as_model(model::t5::random_network(kTiny, {}));
  const lora::Pool pool = lora::random_pool(model->architecture(), 2, base::Device::cpu);
  const BenchResult b = bench({.model = *model, .pool = pool, .kernels = {}, .seconds = 0});
  for (const MeasuredPass& pass : b.losses) EXPECT_EQ(pass.repeats, 0);
  EXPECT_EQ(b.best_rows(), 0);
}

Ended lorahub(const std::string& arguments) {
  return run_command("LORAHUB_CONFIGS='" SOURCE_DIR "/configs' " PROGRAM " " + arguments);
}

TEST(Bench, APlanTakesTheRateOfItsFile) {
  const auto folder = fresh_folder("bench");
  const std::string configs = SOURCE_DIR "/configs", file = quoted(folder / "rate.json");
  const Ended ran =
      lorahub("bench --threads 1 --seconds 1 --model " + configs + "/model/mini --library " +
              configs + "/library/mini/r16 --modules find_letter,max_letter --json " + file);
  ASSERT_EQ(ran.code, 0) << ran.err;
  std::ifstream stream(folder / "rate.json");
  const json measured = json::parse(stream);
  for (const char* key : {"model", "precision", "threads", "environment", "peak", "composition",
                          "loss", "generation", "chunks", "best_rows", "flops_per_second"})
    EXPECT_TRUE(measured.contains(key)) << key;
  const auto seconds = [&](double rate) {
    std::ofstream(folder / "rate.json") << json{{"flops_per_second", rate}};
    const Ended plan =
        lorahub("plan " SOURCE_DIR "/experiments/quickstart.yaml --json --rate " + file);
    EXPECT_EQ(plan.code, 0) << plan.err;
    const json j = json::parse(plan.out);
    EXPECT_EQ(j.at("flops_per_second").get<double>(), rate);
    return j.at("seconds").get<double>();
  };
  EXPECT_GT(seconds(1e9), 3 * seconds(4e9));  // less what does not depend on the rate
  std::ofstream(folder / "rate.json") << "{\"flops_per_second\": 0}";
  const Ended bad = lorahub("plan " SOURCE_DIR "/experiments/quickstart.yaml --rate " + file);
  EXPECT_EQ(bad.code, 2);
  EXPECT_NE(bad.err.find("flops_per_second"), std::string::npos) << bad.err;
}

TEST(Bench, RefusesAShapeThatNobodyPublished) {
  const Ended bad = lorahub("bench --shape flan-t5-medium");
  EXPECT_EQ(bad.code, 2);
  EXPECT_NE(bad.err.find("flan-t5-medium"), std::string::npos) << bad.err;
}

}  // namespace
}  // namespace lorahub::bench
