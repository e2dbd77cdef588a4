#include "lora/base_names.hpp"

#include <gmock/gmock.h>

#include "made.hpp"

namespace lorahub::lora {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(BaseNames, PutMirrorsPathsAndSpellingAside) {
  for (const char* same :
       {"google/flan-t5-large", "flan-t5-large", "/data/models/Flan-T5-Large/", "flan_t5_large",
        "mirror/flan-t5-large@main", " google/flan-t5-large", "C:\\models\\flan-t5-large",
        "/home/x/.cache/huggingface/hub/models--google--flan-t5-large/snapshots/0613663d0d48ea86"})
    EXPECT_EQ(plain_base_name(same), "flan-t5-large") << same;
  for (const char* same :
       {"meta-llama/Llama-3.1-8B", "meta-llama/Meta-Llama-3.1-8B", "unsloth/Meta-Llama-3.1-8B",
        "unsloth/llama-3.1-8b-unsloth-bnb-4bit", "unsloth/Llama-3.1-8B-bnb-4bit",
        "/home/x/.cache/huggingface/hub/models--unsloth--Meta-Llama-3.1-8B-bnb-4bit/snapshots/0a"})
    EXPECT_EQ(plain_base_name(same), "llama-3.1-8b") << same;
  EXPECT_EQ(plain_base_name("meta-llama/Llama-2-7b-hf"), plain_base_name("llama-2-7b"));
  EXPECT_NE(plain_base_name("meta-llama/Llama-3.1-8B-Instruct"), "llama-3.1-8b");
  EXPECT_EQ(plain_base_name(""), "");
  EXPECT_EQ(plain_base_name("///"), "");
  EXPECT_NE(plain_base_name("google/flan-t5-base"), plain_base_name("google/flan-t5-large"));
}

TEST(BaseWarning, NamesOtherBasesAndAModuleOfEach) {
  const std::vector<NamedBase> modules{{"a", "google/flan-t5-large"},
                                       {"b", "google/flan-t5-base"},
                                       {"c", "other/FLAN-T5-base"},
                                       {"d", ""},
                                       {"e", "t5-large"}};
  EXPECT_THAT(base_warning(modules, "/models/flan-t5-large"),
              AllOf(HasSubstr("'google/flan-t5-base' (b and 1 more)"), HasSubstr("'t5-large' (e)"),
                    HasSubstr("than '/models/flan-t5-large'"), Not(HasSubstr("'d'"))));
  EXPECT_THAT(base_warning(modules, "x/flan-t5-xl"), HasSubstr("'google/flan-t5-large' (a)"));
  EXPECT_THAT(base_warning(modules, ""),
              AllOf(HasSubstr("than 'flan-t5-base'"), HasSubstr("'google/flan-t5-large' (a)")));
}

TEST(BaseWarning, SaysNothingWhereAllAgreeOrNoneSaysAnything) {
  EXPECT_EQ(base_warning({{"a", "mini"}, {"b", "/x/mini/"}, {"c", ""}}, "configs/model/mini"), "");
  EXPECT_EQ(base_warning({{"a", ""}}, "configs/model/mini"), "");
  EXPECT_EQ(base_warning({}, ""), "");
}

// Half of the adapters that people share name a folder of their own machine.
TEST(BaseWarning, NamesThreeOfManyBases) {
  std::vector<NamedBase> modules;
  for (const char* module : {"a", "b", "c", "d", "e"})
    modules.push_back({module, base::format("/home/{}/checkpoint_{}", module, module)});
  EXPECT_THAT(base_warning(modules, "mini"),
              AllOf(HasSubstr("'/home/c/checkpoint_c' (c), and 2 other names; "),
                    Not(HasSubstr("checkpoint_d"))));
}

TEST(NamedBases, OfALibrary) {
  const Scratch scratch;
  write_module(scratch.path / "a", made("a", tiny()), tiny(), "google/flan-t5-large");
  base::write_file(scratch.path / "b" / "adapter_config.json", "damaged");
  const auto named = named_bases(scratch.path, {"a", "b"});
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].base, "google/flan-t5-large");
}

}  // namespace
}  // namespace lorahub::lora
