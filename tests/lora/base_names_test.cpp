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
