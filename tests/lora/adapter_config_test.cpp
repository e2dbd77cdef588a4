#include "lora/adapter_config.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "lora/peft.hpp"
#include "made.hpp"
#include "model/golden_config.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;

struct Read {
  std::string error;
  ordered_json layers =
      ordered_json::array();  // [rank, scaling, numbers of the linear layers], as the golden file
};

Read read(const ordered_json& config, const model::Architecture& base) {
  const Scratch scratch;
  base::write_file(scratch.path / kConfigFile, config.dump());
  Read result;
  result.error = error_of([&] {
    const AdapterConfig read = read_adapter_config(scratch.path, "m", base);
    std::map<std::pair<int64_t, double>, std::vector<int>> groups;
    for (const auto& [slot, place] : read.places)
      groups[{place.rank, place.scaling}].push_back(slot);
    for (const auto& [place, slots] : groups)
      result.layers.push_back({place.first, place.second, slots});
  });
  return result;
}

ordered_json sorted(ordered_json layers) {
  std::sort(layers.begin(), layers.end());
  return layers;
}

// tests/golden/peft_names.py: regular expressions of every kind, orders, depths, exclusions.
TEST(AdapterConfig, NamesTheLayersRanksAndScalingsThatPeftDoes) {
  const ordered_json golden = ordered_json::parse(base::read_file(kGolden / "peft_names.json"));
  const model::t5::T5Architecture base(
      lorahub::test::golden_config(lorahub::test::read_golden("tiny_gated").at("config")));
  size_t read_alike = 0;
  for (const ordered_json& c : golden.at("cases")) {
    ordered_json config = {
        {"peft_type", "LORA"}, {"r", golden["r"]}, {"lora_alpha", golden["lora_alpha"]}};
    config.update(c.at("config"));
    const Read got = read(config, base);
    if (c.at("layers").is_null() || c.contains("unread")) {
      EXPECT_THAT(got.error, AllOf(HasSubstr("module 'm' has "), HasSubstr(kConfigFile)))
          << c.dump();
      continue;
    }
    EXPECT_EQ(got.error, "") << c.dump();
    EXPECT_EQ(sorted(got.layers), sorted(c.at("layers"))) << c.at("config").dump();
    ++read_alike;
  }
  EXPECT_GE(read_alike, 53U);
}

TEST(AdapterConfig, SaysWhichPartOfAnExpressionIsNotReadAlike) {
  const auto error = [](const std::string& pattern) {
    return read({{"peft_type", "LORA"},
                 {"r", 4},
                 {"lora_alpha", 8},
                 {"target_modules", {"q"}},
                 {"alpha_pattern", {{pattern, 4}}}},
                tiny())
        .error;
  };
  EXPECT_THAT(error("(?<=a)b"),
              AllOf(HasSubstr("alpha_pattern '(?<=a)b'"), HasSubstr("look behind")));
  EXPECT_THAT(error("ab(c)\\1"), HasSubstr("'\\1' at character 6 is a back reference"));
  EXPECT_THAT(error("a++"), HasSubstr("possessive"));
  EXPECT_THAT(error("a{9999}"), HasSubstr("too many repeats"));
  EXPECT_THAT(error("\xC3\xA9"), HasSubstr("beyond ASCII"));
  EXPECT_THAT(error(std::string(3000, 'a')), HasSubstr("3000 characters"));
  EXPECT_THAT(error("("), HasSubstr("brackets or repeats"));
}

}  // namespace
}  // namespace lorahub::lora
