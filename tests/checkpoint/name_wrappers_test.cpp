#include "checkpoint/name_wrappers.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "checkpoint/files.hpp"

namespace lorahub::checkpoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(TensorNames, LoseTheWrappersOfEachProgram) {
  const std::string plain = "encoder.block.0.layer.0.SelfAttention.q.weight";
  for (const char* before : {"", "_orig_mod.", "module.", "model.", "transformer.",
                             "base_model.model.", "module._orig_mod.", "module.module.",
                             "_fsdp_wrapped_module.model.", "base_model.model.transformer."})
    EXPECT_EQ(unwrapped(before + plain), plain) << before;
  EXPECT_EQ(unwrapped("encoder._checkpoint_wrapped_module.block._orig_mod.0._forward_module.w"),
            "encoder.block.0.w");
}

// A layer may be called so.
TEST(TensorNames, KeepWordsOfWrappersInTheMiddle) {
  EXPECT_EQ(unwrapped("encoder.model.weight"), "encoder.model.weight");
  EXPECT_EQ(unwrapped("shared.transformer.module"), "shared.transformer.module");
  EXPECT_EQ(unwrapped("models.weight"), "models.weight");
}

TEST(TensorNames, CarryTheirTensors) {
  const at::Tensor one = at::ones({2}), two = at::zeros({3});
  const Tensors plain = unwrapped({{"module.a", one}, {"_orig_mod.b", two}}, "w");
  ASSERT_EQ(plain.size(), 2U);
  EXPECT_TRUE(plain.at("a").is_same(one));
  EXPECT_TRUE(plain.at("b").is_same(two));
}

TEST(TensorNames, ThatBecomeOneAreRefused) {
  EXPECT_THAT(message([] {
                unwrapped({{"a", at::ones({1})}, {"module.a", at::ones({1})}}, "w.bin");
              }),
              AllOf(HasSubstr("w.bin: tensors a and module.a"), HasSubstr("both a without")));
}

TEST(TensorNames, ATensorThatIsNotGatheredIsRefused) {
  EXPECT_THAT(message([] {
                unwrapped({{"module.a", at::ones({0})}}, "w.bin");
              }),
              AllOf(HasSubstr("w.bin: tensor module.a"), HasSubstr("zero_to_fp32.py")));
  EXPECT_EQ(empty_reason(at::ones({1})), "");
}

}  // namespace
}  // namespace lorahub::checkpoint::testing
