#include "checkpoint/mapped.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "checkpoint/files.hpp"

namespace lorahub::checkpoint::testing {
namespace {

using ::testing::HasSubstr;

// Python: struct.pack("<3f", 1.5, -2, 1e-40).
const std::string kFloats("\x00\x00\xc0\x3f\x00\x00\x00\xc0\xc2\x16\x01\x00", 12);

void expect_floats(const at::Tensor& tensor) {
  ASSERT_EQ(tensor.numel(), 3);
  EXPECT_EQ(tensor[0].item<float>(), 1.5F);
  EXPECT_EQ(tensor[1].item<float>(), -2.0F);
  EXPECT_EQ(tensor[2].item<float>(), 1e-40F);
}

TEST(Mapped, ATensorLiesInTheFileAndKeepsItsMap) {
  const Folder folder;
  Mapped file = map_weights(folder.put("w", "head" + kFloats));
  const std::string_view bytes = file->bytes().substr(4);
  const at::Tensor tensor = mapped_tensor(file, bytes, {.type = at::kFloat, .sizes = {3, 1}});
  EXPECT_EQ(tensor.const_data_ptr(), bytes.data());
  EXPECT_EQ(tensor.sizes(), at::IntArrayRef({3, 1}));
  const std::weak_ptr<const base::MappedFile> map = file;
  file.reset();
  EXPECT_FALSE(map.expired());
  read_ahead(tensor);
  expect_floats(tensor);
}

TEST(Mapped, BytesThatAreNotAlignedAreCopied) {
  const Folder folder;
  const Mapped file = map_weights(folder.put("w", "odd" + kFloats));
  const std::string_view bytes = file->bytes().substr(3);
  const at::Tensor tensor = mapped_tensor(file, bytes, {.type = at::kFloat, .sizes = {3}});
  EXPECT_NE(tensor.const_data_ptr(), bytes.data());
  expect_floats(tensor);
  const at::Tensor words = mapped_tensor(file, bytes, {.type = at::kByte, .sizes = {12}});
  EXPECT_EQ(words.const_data_ptr(), bytes.data()) << "bytes are always aligned";
}

TEST(Mapped, ATensorOfNothingHasItsShape) {
  const Folder folder;
  const Mapped file = map_weights(folder.put("w", "x"));
  const at::Tensor none = mapped_tensor(file, {}, {.type = at::kBFloat16, .sizes = {0, 4}});
  EXPECT_EQ(none.sizes(), at::IntArrayRef({0, 4}));
  EXPECT_EQ(none.scalar_type(), at::kBFloat16);
}

TEST(Mapped, WhatIsNoFileOfWeightsIsRefusedByName) {
  const Folder folder;
  EXPECT_THAT(message([&] { map_weights(folder / "none"); }),
              AllOf(HasSubstr((folder / "none").string()), HasSubstr("no such file")));
  EXPECT_THAT(message([&] { map_weights(folder.path()); }), HasSubstr("is a folder"));
  const auto pointer = folder.put("lfs", "version https://git-lfs.github.com/spec/v1\noid ...");
  EXPECT_THAT(message([&] { map_weights(pointer); }), HasSubstr("git lfs pull"));
}

}  // namespace
}  // namespace lorahub::checkpoint::testing
