// What goes out: adapters cut to a rank, models with an adapter in their weights, cards.
#include "lora/write_mixture.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "golden.hpp"
#include "lora/geometry.hpp"
#include "lora/merge_into_base.hpp"
#include "lora/module_card.hpp"
#include "lora/peft.hpp"

namespace lorahub::lora {
namespace {

using study::Composition;
using testing::AllOf;
using testing::HasSubstr;

struct MixtureLab {
  Golden golden = read_golden();
  std::shared_ptr<const model::Architecture> architecture = model::read_architecture(kModel);
  Pool pool = golden_pool(golden, *architecture);
  MixtureToWrite mixture(WrittenForm form, int64_t rank = 0) const {
    return {.pool = pool,
            .weights = golden.weights[3],
            .composition = Composition::product,
            .rank = rank,
            .form = form};
  }
};
const MixtureLab& mixture_lab() {
  static const MixtureLab lab;
  return lab;
}

TEST(WriteMixture, MergedInF32IsTheAdaptersModel) {
  const Scratch scratch;
  const Written written =
      write_mixture(scratch.path / "m", mixture_lab().mixture(WrittenForm::merged_f32),
                    {.architecture = *mixture_lab().architecture, .path = kModel, .name = "mini"});
  EXPECT_LT(written.lost, 1e-6);
  const model::t5::Network network = model::t5::load(scratch.path / "m", {});
  EXPECT_LT(worst(model::t5::loss_sums(network, {}, mixture_lab().golden.examples),
                  mixture_lab().golden.product[3]),
            1e-5);
  EXPECT_EQ(base::read_file(scratch.path / "m/spiece.model"),
            base::read_file(kModel / "spiece.model"));
  EXPECT_FALSE(std::filesystem::exists(scratch.path / "m" / kConfigFile));
}

TEST(WriteMixture, MergedInBfloat16TellsWhatItLoses) {
  const Scratch scratch;
  const Written written =
      write_mixture(scratch.path / "m", mixture_lab().mixture(WrittenForm::merged_bf16),
                    {.architecture = *mixture_lab().architecture, .path = kModel, .name = "mini"});
  const checkpoint::Tensors base = checkpoint::read_model_weights(kModel),
                            merged = checkpoint::read_model_weights(scratch.path / "m");
  const auto linears = mixture_lab().architecture->linears();
  double added = 0, lost = 0;
  for (const auto& [slot, f] : written.module.slots) {
    const std::string name = linears[static_cast<size_t>(slot)].name + ".weight";
    EXPECT_EQ(merged.at(name).scalar_type(), at::kBFloat16);
    const at::Tensor d =
        written.module.scaling(slot) * f.b.to(at::kDouble).matmul(f.a.to(at::kDouble));
    added += d.square().sum().item<double>();
    lost += (merged.at(name).to(at::kDouble) - base.at(name).to(at::kDouble) - d)
                .square()
                .sum()
                .item<double>();
  }
  EXPECT_NEAR(written.lost, std::sqrt(lost / added), 1e-12);
  EXPECT_GT(written.lost, 1e-4);
  const auto config = nlohmann::json::parse(base::read_file(scratch.path / "m/config.json"));
  EXPECT_EQ(config.at("dtype"), "bfloat16");
}

TEST(WriteMixture, CutsToARankAndSaysHowMuchIsLeftOut) {
  const Scratch scratch;
  const NamedModel base{
      .architecture = *mixture_lab().architecture, .path = kModel, .name = "mini"};
  const Written whole =
      write_mixture(scratch.path / "whole", mixture_lab().mixture(WrittenForm::adapter), base);
  EXPECT_EQ(whole.composed_rank, 20 * 16);
  EXPECT_EQ(whole.module.rank, 128) << "no matrix of the model can have more";
  EXPECT_EQ(whole.cut, 0);
  const MixtureToWrite mixture = mixture_lab().mixture(WrittenForm::adapter);
  EXPECT_LT(relative_difference(composed_module(mixture.pool, mixture.weights, mixture.composition),
                                whole.module),
            1e-6);
  double before = 1;
  for (const int64_t rank : {4, 32, 128}) {
    const auto out = scratch.path / std::to_string(rank);
    const Written cut = write_mixture(out, mixture_lab().mixture(WrittenForm::adapter, rank), base);
    const Module read = read_module(out, "cut", *mixture_lab().architecture);
    EXPECT_EQ(read.rank, rank);
    EXPECT_NEAR(cut.cut, relative_difference(whole.module, read), 1e-6);
    EXPECT_LT(cut.cut, before);
    before = cut.cut;
  }
  EXPECT_LT(before, 1e-6);  // d = 128: nothing is left out
}

TEST(WriteMerged, RefusesATiedHeadAndTheBaseItself) {
  const Scratch scratch;
  Module module =
      composed_module(mixture_lab().pool, mixture_lab().golden.weights[0], Composition::factor);
  EXPECT_THAT(error_of([&] { write_merged(kModel, module, kModel, at::kFloat); }),
              HasSubstr("itself"));
  const int head = static_cast<int>(mixture_lab().architecture->linears().size()) - 1;
  module.slots[head] = {.a = at::zeros({16, 128}), .b = at::zeros({590, 16})};
  write_merged(scratch.path / "own", module, kModel, at::kFloat);
  checkpoint::Tensors tensors = checkpoint::read_model_weights(kModel);
  tensors.erase("lm_head.weight");
  const std::filesystem::path tied = scratch.path / "tied";
  std::filesystem::create_directories(tied);
  std::filesystem::copy(kModel / "config.json", tied);
  checkpoint::write_safetensors(tied / "model.safetensors", tensors);
  EXPECT_THAT(error_of([&] { write_merged(scratch.path / "merged", module, tied, at::kFloat); }),
              AllOf(HasSubstr("head"), HasSubstr("adapter")));
}

TEST(ModuleCard, IsReadBackAsWritten) {
  const Scratch scratch;
  const ModuleCard card{.base = "google/flan-t5-large",
                        .task = "is: it \"so\"?\nyes",
                        .data = "flan #1",
                        .prompt = "{input}",
                        .provenance = "here",
                        .contamination = "none known",
                        .tests = {{.input = "a - b: c", .answer = "yes"},
                                  {.input = "é", .answer = "", .max_tokens = 3}},
                        .problem = ""};
  write_card(scratch.path, card, "# Title\n");
  const ModuleCard read = read_card(scratch.path);
  EXPECT_EQ(read.problem, "");
  EXPECT_EQ(read.base, card.base);
  EXPECT_EQ(read.task, card.task);
  EXPECT_EQ(read.data, card.data);
  EXPECT_EQ(read.prompt, card.prompt);
  EXPECT_EQ(read.provenance, card.provenance);
  EXPECT_EQ(read.contamination, card.contamination);
  ASSERT_EQ(read.tests.size(), 2U);
  EXPECT_EQ(read.tests[0].input, "a - b: c");
  EXPECT_EQ(read.tests[1].answer, "");
  EXPECT_EQ(read.tests[0].max_tokens, 256);
  EXPECT_EQ(read.tests[1].max_tokens, 3);
  EXPECT_THAT(base::read_file(scratch.path / kCardFile), HasSubstr("# Title"));
}

TEST(ModuleCard, IsTaggedWithItsKindOfWeights) {
  const Scratch scratch;
  for (const auto& [tag, line] :
       {std::pair("lora", "tags: [lora, lorahub]\n"), std::pair("ia3", "tags: [ia3, lorahub]\n"),
        std::pair("", "tags: [lorahub]\n")}) {
    write_card(scratch.path, {.tag = tag}, "");
    EXPECT_THAT(base::read_file(scratch.path / kCardFile), HasSubstr(line));
  }
}

TEST(ModuleCard, ReadsWhatHuggingFaceWritesAndForgivesTheRest) {
  const Scratch scratch;
  EXPECT_EQ(read_card(scratch.path).problem, "");  // none
  base::write_file(
      scratch.path / kCardFile,
      "---\nlibrary_name: peft\nbase_model: google/flan-t5-large\ndatasets:\n- glue\n- "
      "piqa\n---\n## Training\n");
  EXPECT_EQ(read_card(scratch.path).base, "google/flan-t5-large");
  EXPECT_EQ(read_card(scratch.path).data, "glue, piqa");
  base::write_file(scratch.path / kCardFile, "# No front matter\n---\na: b\n---\n");
  EXPECT_EQ(read_card(scratch.path).problem, "");
  base::write_file(scratch.path / kCardFile, "---\na: [b\n---\n");
  EXPECT_THAT(read_card(scratch.path).problem, HasSubstr("README.md"));
  base::write_file(scratch.path / kCardFile, "---\nlorahub:\n  self_test:\n    - answer: x\n---\n");
  EXPECT_THAT(read_card(scratch.path).problem, HasSubstr("self_test needs an input"));
}

}  // namespace
}  // namespace lorahub::lora
