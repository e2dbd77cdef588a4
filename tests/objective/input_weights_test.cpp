// Weights of each input by itself, against PEFT and transformers in f64
// (tests/golden/input_weights.py).
#include "objective/input_weights.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/files.hpp"
#include "lab.hpp"
#include "model/llama/model.hpp"
#include "model/llama/tiny_models.hpp"
#include "model/models.hpp"
#include "objective/logo.hpp"
#include "objective/retriever.hpp"
#include "study/folder.hpp"

namespace lorahub::objective {
namespace {

using nlohmann::json;
using study::Composition;
using study::error_of;
using testing::HasSubstr;

// f32 against f64, relative to the value: as of other losses against PEFT (tests/lora).
constexpr double kNearPeft = 1e-5;

const json& input_golden() {
  static const json golden =
      json::parse(base::read_file(kSource / "tests/golden/input_weights.json"));
  return golden;
}

// A tiny model of one family with the modules of the script.
struct TinySubject {
  std::string kind;
  LoadedModel loaded;
  int max_tokens = 0;

  explicit TinySubject(const std::string& family) : kind(family) {
    if (kind == "t5") {
      const test::Golden tiny = test::golden("tiny_gated");
      loaded.model = tiny.model();
      max_tokens = tiny.max_tokens;
    } else {
      const test::TinyModel tiny = test::tiny_model("llama");
      loaded.model = model::llama::as_model(tiny.network());
      max_tokens = tiny.max_tokens;
    }
  }

  lora::Pool pool(const std::vector<double>& alphas) const {
    const model::Architecture& architecture = loaded.model->architecture();
    std::vector<lora::Module> modules;
    for (size_t i = 0; i < alphas.size(); ++i)
      modules.push_back(module(static_cast<int>(i), alphas[i]));
    return lora::stack(modules, architecture, base::Device::cpu);
  }

  lora::Module module(int number, double alpha) const {
    const int64_t rank = input_golden().at("rank");
    const std::vector<std::string> targets = input_golden().at("targets").at(kind);
    const std::vector<model::LinearInfo>& linears = loaded.model->architecture().linears();
    lora::Module made{
        .name = base::format("m{}", number), .rank = rank, .alpha = alpha, .slots = {}};
    for (size_t slot = 0; slot < linears.size(); ++slot) {
      const model::LinearInfo& layer = linears[slot];
      const std::string last = layer.name.substr(layer.name.find_last_of('.') + 1);
      if (std::ranges::count(targets, last) == 0) continue;
      const std::string stem = base::format("module.{}.{}", number, layer.name);
      made.slots[static_cast<int>(slot)] = {
          .a = test::hashed(stem + ".a", {rank, layer.in},
                            1 / std::sqrt(static_cast<double>(layer.in))),
          .b = test::hashed(stem + ".b", {layer.out, rank}, 0.15)};
    }
    return made;
  }

  void expect_result(const lora::Pool& pool, const std::vector<double>& weights,
                     Composition composition, const json& row, const json& want) const {
    const model::Adapter adapter = lora::compose(pool, weights, composition, at::kFloat);
    const std::vector<model::Tokens> pair{{.source = row.at("source"), .target = row.at("target")}};
    const double loss = want.at("loss_sum");
    EXPECT_NEAR(loaded.model->loss_sums(adapter, pair).front(), loss, kNearPeft * loss);
    const std::vector<model::Ids> prompts{pair.front().source};
    EXPECT_EQ(loaded.model->generate(adapter, prompts, {.max_tokens = max_tokens}).front(),
              want.at("greedy").get<model::Ids>());
  }
};

void expect_near(const std::vector<double>& values, const std::vector<double>& want) {
  ASSERT_EQ(values.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(values[i], want[i], kNearPeft * std::max(1.0, std::abs(want[i]))) << i;
}

class InputWeightsOf : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Peft, InputWeightsOf, testing::Values("t5", "llama"),
                         [](const auto& name) { return std::string(name.param); });

TEST_P(InputWeightsOf, LogoHasTheSignalsWeightsLossesAndAnswersOfItsSource) {
  const TinySubject subject(GetParam());
  const lora::Pool pool = subject.pool(input_golden().at("alphas"));
  const json& rows = input_golden().at("logo").at(GetParam());
  ASSERT_GE(rows.size(), 14U);
  for (const json& row : rows) {
    const LogoWeights logo(
        subject.loaded, pool,
        {.modules = input_golden().at("k").at("logo"),
         .signal = study::parse<study::InputSignal>(row.at("by").get<std::string>(), "by")});
    const std::vector<double> signals = logo.signals(row.at("source"));
    expect_near(signals, row.at("signals"));
    const std::vector<double> weights = logo.in_proportion(signals);
    expect_near(weights, row.at("weights"));
    subject.expect_result(pool, weights, Composition::product, row, row);
  }
}

TEST_P(InputWeightsOf, RetrieverHasTheWeightsLossesAndAnswersOfItsSource) {
  const TinySubject subject(GetParam());
  const std::vector<std::vector<std::string>> samples = input_golden().at("samples");
  const std::vector<std::string> prompts = input_golden().at("prompts");
  const std::vector<std::vector<double>> cosines = input_golden().at("cosines");
  const RetrieverWeights retriever(samples, input_golden().at("k").at("retriever"));
  const lora::Pool pool = subject.pool(std::vector<double>(samples.size(), 8.0));
  const json& rows = input_golden().at("retriever").at(GetParam());
  ASSERT_GE(rows.size(), 7U);
  for (size_t i = 0; i < rows.size(); ++i) {
    expect_near(retriever.cosines(prompts[i]), cosines[i]);
    const std::vector<double> weights = retriever(prompts[i]);
    EXPECT_EQ(weights, rows[i].at("weights").get<std::vector<double>>()) << prompts[i];
    subject.expect_result(pool, weights, Composition::product, rows[i], rows[i].at("mixture"));
    subject.expect_result(pool, weights, Composition::factor, rows[i], rows[i].at("fusion"));
  }
}

// All inputs side by side, each with weights of its own.
TEST_P(InputWeightsOf, ABatchIsAnsweredAsItsSourceAnswersEachInputAlone) {
  const TinySubject subject(GetParam());
  const lora::Pool pool = subject.pool(input_golden().at("alphas"));
  std::vector<model::Ids> prompts, want;
  std::vector<double> weights;
  for (const json& row : input_golden().at("logo").at(GetParam())) {
    prompts.push_back(row.at("source"));
    want.push_back(row.at("greedy"));
    for (const double weight : row.at("weights")) weights.push_back(weight);
  }
  const int head = static_cast<int>(subject.loaded.model->architecture().linears().size()) - 1;
  const model::Adapter each = lora::compose(pool, weights, Composition::product, at::kFloat);
  const model::AnswerLimit limit{.max_tokens = subject.max_tokens};
  EXPECT_EQ(subject.loaded.model->generate(model::of_rows(each, head), prompts, limit), want);
  EXPECT_GT(std::set<model::Ids>(want.begin(), want.end()).size(), 3U);
  // A and B that are each mixed differ between inputs: such mixtures are computed one by one.
  const lora::Pool alike = subject.pool({8, 8, 8, 8, 8, 8});
  const model::Adapter fused = lora::compose(alike, weights, Composition::factor, at::kFloat);
  EXPECT_TRUE(model::of_rows(fused, head).slots.empty());
}

TEST(InputWeights, AddUpToOneAndAreZeroWhereNothingIsAdded) {
  const TinySubject subject("t5");
  lora::Pool pool = subject.pool({8, 8, 8});
  const LogoWeights logo(subject.loaded, pool, {.modules = 2});
  EXPECT_EQ(logo.in_proportion({1, 3, 1}), (std::vector{0.25, 0.75, 0.0}));  // the first of equals
  for (at::Tensor& b : pool.b) b.zero_();
  EXPECT_EQ(logo.in_proportion(logo.signals({5, 6, 1})), (std::vector{0.0, 0.0, 0.0}));
}

TEST(InputWeights, AModuleThatLeavesTheQueryAloneIsRefusedByName) {
  const TinySubject subject("t5");
  lora::Module other = subject.module(1, 8);
  other.slots.erase(subject.loaded.model->architecture().last_query_slot());
  const lora::Pool pool = lora::stack({subject.module(0, 8), other},
                                      subject.loaded.model->architecture(), base::Device::cpu);
  EXPECT_THAT(error_of([&] { LogoWeights(subject.loaded, pool, {.modules = 1}); }),
              HasSubstr("method logo: module 'm1' does not adapt "
                        "encoder.block.1.layer.0.SelfAttention.q"));
}

TEST(InputWeights, AreThoseOfTheTrialsMethodOrRefused) {
  const LoadedModel loaded = lab_model();
  const lora::Pool few = pool(loaded.model->architecture(), 4);
  study::Trial trial;
  trial.library_path = kLibrary;
  EXPECT_EQ(input_weights(loaded, few, trial), nullptr);
  for (const study::Method method : {study::Method::logo, study::Method::retriever}) {
    trial.method = method;
    trial.input.modules = 0;  // 20 or 3, at most all
    const std::vector<double> weights = (*input_weights(loaded, few, trial))("add them 2 , 1");
    EXPECT_EQ(std::ranges::count(weights, 0.0), method == study::Method::logo ? 0 : 1);
    EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1, 1e-12);
    trial.input.modules = 5;
    EXPECT_THAT(error_of([&] { input_weights(loaded, few, trial); }),
                HasSubstr("an input cannot be answered by 5 modules (there are 4)"));
  }
}

TEST(InputWeights, AModuleWithoutSampleInputsIsRefusedByName) {
  const LoadedModel loaded = lab_model();
  lora::Pool bare = pool(loaded.model->architecture(), 1);
  bare.names = {"safetensors"};  // an adapter without a card
  study::Trial trial;
  trial.method = study::Method::retriever;
  trial.library_path = kSource / "tests/golden/peft_bin";
  EXPECT_EQ(error_of([&] { input_weights(loaded, bare, trial); }),
            "method retriever: the card of module 'safetensors' has no sample input (an input is "
            "compared with those of self-tests), add a self_test to its README.md or use another "
            "method");
}

}  // namespace
}  // namespace lorahub::objective
