#include "lora/merge_into_base.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "checkpoint/weights.hpp"
#include "made.hpp"
#include "model/golden_config.hpp"
#include "model/models.hpp"
#include "model/t5/loss.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A model folder of tests/golden/t5/embeddings.json: its file holds the embeddings of the case.
void write_base(const std::filesystem::path& folder, const json& c) {
  const json config = lorahub::test::read_golden(c.at("base").get<std::string>()).at("config");
  const model::t5::T5Config sizes = lorahub::test::golden_config(config);
  checkpoint::Tensors tensors = lorahub::test::hash_model(sizes, lorahub::test::Head::tied);
  tensors.erase("shared.weight");
  for (const auto& [file, values] : c.at("tensors").items()) {
    const bool head = file == "lm_head.weight" && values != "one";
    tensors[file] =
        lorahub::test::hashed(values, {sizes.vocabulary, sizes.d_model},
                              model::t5::half_width(head ? file : "shared.weight", sizes));
  }
  checkpoint::write_safetensors(folder / "model.safetensors", tensors);
  base::write_file(folder / "config.json", config.dump());
}

// An adapter that adds nothing: the merged model is the base, as transformers computes it.
TEST(WriteMerged, KeepsTheEmbeddingsThatTheBaseHas) {
  const json cases = lorahub::test::read_golden("embeddings").at("cases");
  ASSERT_EQ(cases.size(), 18U);
  for (const json& c : cases) {
    const Scratch scratch;
    write_base(scratch.path / "base", c);
    lorahub::test::Golden golden = lorahub::test::golden(c.at("base").get<std::string>());
    golden.pairs.resize(c.at("loss_sum").size());
    Module module = made("m", golden.architecture());
    for (auto& [slot, factors] : module.slots) factors.b.zero_();
    write_merged(scratch.path / "merged", module, scratch.path / "base", at::kFloat);
    const model::t5::Network merged = model::t5::load(scratch.path / "merged", {});
    const std::vector<double> sums = model::t5::loss_sums(merged, {}, golden.pairs);
    for (size_t k = 0; k < sums.size(); ++k) {
      const double want = c.at("loss_sum")[k];
      EXPECT_NEAR(sums[k], want, 1e-5 * std::max(1.0, want)) << c.at("name") << " " << k;
    }
  }
}

TEST(WriteMerged, RefusesAnAdapterOfAHeadThatIsTiedUnderAnyName) {
  const json cases = lorahub::test::read_golden("embeddings").at("cases");
  for (const json& c : cases) {
    if (c.at("name") != "copies" && c.at("name") != "sides_without_shared") continue;
    const Scratch scratch;
    write_base(scratch.path / "base", c);
    const auto architecture = model::read_architecture(scratch.path / "base");
    const int head = static_cast<int>(architecture->linears().size()) - 1;
    Module module{.name = "m", .rank = 2, .alpha = 2, .slots = {}};
    module.slots[head] = {
        .a = at::ones({2, architecture->linears().at(static_cast<size_t>(head)).in}),
        .b = at::ones({architecture->vocabulary(), 2})};
    EXPECT_THAT(error_of([&] {
                  write_merged(scratch.path / "merged", module, scratch.path / "base", at::kFloat);
                }),
                HasSubstr("shares with its embedding"))
        << c.at("name");
  }
}

}  // namespace
}  // namespace lorahub::lora
