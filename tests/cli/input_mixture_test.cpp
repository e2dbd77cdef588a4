// `infer --method`: each input by a mixture of its own.
#include "cli/input_mixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kModuleFolder = " --library " + kConfigs + "/library/mini/r16";
const std::string kThree = " --modules find_letter,max_letter,hid_rev_comma";
const std::string kIsaRows = " --task " + kConfigs + "/tasks/mini/unseen/E1_isa_letter/";

std::string mixed_by(const std::filesystem::path& folder, const std::string& weights) {
  std::ofstream(folder / "w.json") << weights;
  return " --weights " + quoted(folder / "w.json");
}

// With one module, or all of them at equal weights, inputs of their own mixtures have one mixture.
TEST(InputMixture, EachInputIsAnsweredByAMixtureOfItsOwn) {
  const auto folder = fresh_folder("input_mixture");
  const std::string rows = kIsaRows + "test.jsonl --max-tokens 8 --json";
  const std::string one = "infer" + kModel + kModuleFolder + " --modules find_letter";
  EXPECT_EQ(parsed(lorahub(one + " --method logo" + rows)),
            parsed(lorahub(one + mixed_by(folder, "[[1]]") + " --composition product" + rows)));
  const std::string all = "infer" + kModel + kModuleFolder + kThree;
  const json averaged = parsed(lorahub(
      all + mixed_by(folder, "[[0.3333333333333333, 0.3333333333333333, 0.3333333333333333]]") +
      " --composition factor" + rows));
  EXPECT_EQ(parsed(lorahub(all + " --method retriever --composition factor" + rows)), averaged);
  EXPECT_NE(parsed(lorahub(all + " --method logo --input-modules 2" + rows)), averaged);
}

TEST(InputMixture, AMethodOfEachInputTakesItsOwnOptions) {
  const std::string start = "infer" + kModel + kIsaRows + "test.jsonl ";
  for (const auto& [options, said] : std::map<std::string, std::string>{
           {"--method logo", "--method weighs modules of a --library (none is given)"},
           {"--method logo --composition ties" + kModuleFolder,
            "method logo has no composition 'ties'"},
           {"--method retriever --input-signal norm" + kModuleFolder,
            "method retriever reads no --input-signal"},
           {"--method logo --input-modules 41" + kModuleFolder,
            "an input cannot be answered by 41 modules (there are 40)"},
           {"--method logo --adapter x" + kModuleFolder, "--method and --adapter both given"},
           {"--input-modules 2" + kModuleFolder, "are of a --method (none is given)"}}) {
    const Ended ended = lorahub(start + options);
    EXPECT_EQ(ended.code, 2) << options;
    EXPECT_THAT(ended.err, HasSubstr(said));
  }
}

}  // namespace
}  // namespace lorahub
