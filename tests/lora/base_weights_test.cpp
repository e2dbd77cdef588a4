#include "lora/base_weights.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "written_module.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kShared = "shared.weight";
constexpr const char* kHeadTensor = "lm_head.weight";
constexpr const char* kNorm = "encoder.final_layer_norm.weight";
constexpr const char* kPositions =
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";

// An adapter, and the files of its base: some of the tensors of tiny().
struct WithBase {
  WrittenModule adapter;
  checkpoint::Tensors base{{kShared, gaussian({30, 12}, "shared")},
                           {kHeadTensor, gaussian({30, 12}, "head")},
                           {kNorm, gaussian({12}, "norm")},
                           {kPositions, gaussian({32, 2}, "positions")}};

  void add(const std::string& name, const at::Tensor& tensor) const {
    adapter.tensors([&](checkpoint::Tensors& t) { t["base_model.model." + name] = tensor; });
  }
  Module read() const {
    checkpoint::write_safetensors(adapter.scratch.path / "model.safetensors", base);
    return read_module(adapter.path, "m", BaseWeights(tiny(), adapter.scratch.path));
  }
  std::string error() const {
    return error_of([&] { read(); });
  }
};

void expect_factors(const Module& got, const Module& want) {
  ASSERT_EQ(got.slots.size(), want.slots.size());
  for (const auto& [slot, factors] : want.slots) {
    EXPECT_TRUE(at::equal(got.slots.at(slot).a, factors.a));
    EXPECT_TRUE(at::equal(got.slots.at(slot).b, factors.b));
  }
}

TEST(BaseWeights, WholeTensorsThatEqualTheBaseAreRead) {
  for (const char* name : {kShared, kHeadTensor, kNorm, kPositions}) {
    const WithBase m;
    m.add(name, m.base.at(name).clone());
    expect_factors(m.read(), m.adapter.module);
  }
}

TEST(BaseWeights, TheNamesThatPeftGivesToWholeLayersAreTheBases) {
  for (const char* name :
       {"lm_head.base_layer.weight", "lm_head.original_module.weight",
        "lm_head.modules_to_save.weight", "lm_head.modules_to_save.default.weight"}) {
    const WithBase m;
    m.add(name, m.base.at(kHeadTensor).clone());
    EXPECT_EQ(m.error(), "") << name;
    m.add(name, m.base.at(kHeadTensor) + 1);
    EXPECT_THAT(m.error(), AllOf(HasSubstr(name), HasSubstr("differs"))) << name;
  }
}

TEST(BaseWeights, AnyOtherValueIsRefusedWithTheNumberAndTheSizeOfTheDifferences) {
  for (const char* name : {kShared, kHeadTensor, kNorm, kPositions}) {
    const WithBase m;
    at::Tensor changed = m.base.at(name).clone();
    changed.view(-1)[3] += 0.25;
    changed.view(-1)[5] -= 0.5;
    m.add(name, changed);
    EXPECT_THAT(
        m.error(),
        AllOf(HasSubstr("'m'"), HasSubstr(name),
              HasSubstr(base::format("in 2 of {} values, by up to 0.5 (", changed.numel()))));
  }
}

TEST(BaseWeights, TheSmallestDifferenceAndNaNAreDifferences) {
  const WithBase m;
  at::Tensor changed = m.base.at(kNorm).clone();
  auto* values = changed.mutable_data_ptr<float>();
  values[11] = std::nextafter(values[11], 9.0F);
  m.add(kNorm, changed);
  EXPECT_THAT(m.error(), HasSubstr("in 1 of 12 values"));
  values[11] = std::numeric_limits<float>::quiet_NaN();
  m.add(kNorm, changed);
  EXPECT_THAT(m.error(), HasSubstr("in 1 of 12 values, by up to inf"));
}

TEST(BaseWeights, LargeTensorsAreComparedToTheirEnd) {
  WithBase m;
  m.base[kPositions] = gaussian({1500, 1500}, "large");
  m.add(kPositions, m.base[kPositions].clone());
  EXPECT_EQ(m.error(), "");
  at::Tensor changed = m.base[kPositions].clone();
  changed[0][0] += 1;
  changed[1499][1499] += 2;
  m.add(kPositions, changed);
  EXPECT_THAT(m.error(), HasSubstr("in 2 of 2250000 values, by up to 2 ("));
}

// An embedding that was saved in the 16 bits that its base was loaded in.
TEST(BaseWeights, ACopyInANarrowerTypeIsTheBaseRoundedToIt) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const WithBase m;
    const at::Tensor rounded = m.base.at(kShared).to(type);
    ASSERT_FALSE(at::equal(rounded.to(at::kFloat), m.base.at(kShared)));
    m.add(kShared, rounded);
    EXPECT_EQ(m.error(), "");
    m.add(kShared, rounded * 1.01);
    EXPECT_THAT(m.error(), HasSubstr("differs"));
  }
  WithBase wide;
  wide.base[kShared] = wide.base[kShared].to(at::kHalf);
  wide.add(kShared, wide.base[kShared].to(at::kFloat));
  EXPECT_EQ(wide.error(), "");
  wide.add(kShared, gaussian({30, 12}, "shared"));  // before it was rounded
  EXPECT_THAT(wide.error(), HasSubstr("differs"));
}

TEST(BaseWeights, ATiedHeadIsTheEmbedding) {
  WithBase m;
  m.base.erase(kHeadTensor);
  m.add(kHeadTensor, m.base.at(kShared).clone());
  EXPECT_EQ(m.error(), "");
  m.add(kHeadTensor, gaussian({30, 12}, "head"));
  EXPECT_THAT(m.error(), AllOf(HasSubstr(kHeadTensor), HasSubstr("360 of 360")));
}

TEST(BaseWeights, EitherSidesEmbeddingIsTheSharedOne) {
  for (const char* side : {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}) {
    const WithBase m;
    m.add(side, m.base.at(kShared).clone());
    EXPECT_EQ(m.error(), "");
    m.add(side, m.base.at(kHeadTensor).clone());
    EXPECT_THAT(m.error(), HasSubstr(side));
  }
}

// `bias: lora_only` and `bias: all`: a layer without a bias adds zero.
TEST(BaseWeights, BiasesAreTheBasesOrZero) {
  const std::string layer = "encoder.block.0.layer.0.SelfAttention.q";
  for (const std::string& name : {layer + ".bias", layer + ".base_layer.bias"}) {
    WithBase m;
    m.adapter.config({{"bias", name == layer + ".bias" ? "all" : "lora_only"}});
    m.add(name, at::zeros({8}));
    EXPECT_EQ(m.error(), "");
    m.add(name, at::full({8}, 0.125));
    EXPECT_THAT(m.error(), AllOf(HasSubstr(name), HasSubstr("8 of 8 values, by up to 0.125")));
    m.base[layer + ".bias"] = at::full({8}, 0.125);
    EXPECT_EQ(m.error(), "");
  }
}

TEST(BaseWeights, OtherShapesAndTypesAreRefused) {
  const WithBase m;
  m.add(kNorm, at::ones({13}));
  EXPECT_THAT(m.error(), AllOf(HasSubstr(kNorm), HasSubstr("[13]"), HasSubstr("[12]")));
  m.add(kNorm, at::ones({12}, at::kLong));
  EXPECT_THAT(m.error(), AllOf(HasSubstr(kNorm), HasSubstr("Long")));
}

TEST(BaseWeights, TensorsThatTheBaseLacksAreRefused) {
  const WithBase m;
  m.add("classifier.weight", at::ones({2, 12}));
  EXPECT_THAT(m.error(), AllOf(HasSubstr("classifier.weight"), HasSubstr("neither"),
                               Not(HasSubstr("another kind"))));
}

TEST(BaseWeights, ATensorWithoutDimensionsIsRefusedUnderAnyName) {
  for (const char* name : {"encoder.block.0.layer.0.SelfAttention.q.alpha", "shared.weight",
                           "lm_head.weight", "encoder.final_layer_norm.bias"}) {
    const WithBase m;
    m.add(name, at::tensor(3.0F));
    EXPECT_THAT(m.error(), HasSubstr(name));
  }
}

TEST(BaseWeights, ModulesToSaveMustBeThereAndAreNotAdapted) {
  const WithBase m;
  m.adapter.config({{"modules_to_save", {"lm_head", "final_layer_norm"}}});
  EXPECT_THAT(m.error(), AllOf(HasSubstr("modules_to_save names lm_head"),
                               HasSubstr("adapter_model.safetensors")));
  m.add(kHeadTensor, m.base.at(kHeadTensor).clone());
  EXPECT_THAT(m.error(), HasSubstr("modules_to_save names final_layer_norm"));
  m.add(kNorm, m.base.at(kNorm).clone());
  expect_factors(m.read(), m.adapter.module);
  // PEFT adapts no layer that is saved whole, and saves no factors of it.
  m.adapter.config({{"target_modules", {"q", "v", "lm_head"}}});
  expect_factors(m.read(), m.adapter.module);
}

TEST(BaseWeights, WithoutTheFilesOfTheBaseWholeTensorsAreRefused) {
  const WithBase m;
  m.add(kNorm, m.base.at(kNorm).clone());
  EXPECT_THAT(m.adapter.error(), AllOf(HasSubstr(kNorm), HasSubstr("not at hand")));
}

}  // namespace
}  // namespace lorahub::lora
