#include "base/file_copy.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/check.hpp"
#include "base/files.hpp"

namespace lorahub::base {
namespace {

class FileCopies : public testing::Test {
 protected:
  FileCopies() { std::filesystem::create_directories(folder_); }
  ~FileCopies() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / format("file_copy_{}", ::getpid());
};

TEST_F(FileCopies, HoldWhatTheFileHeldWhateverBecomesOfIt) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, (size_t{2} << 20U) - 1,
                            size_t{2} << 20U, (size_t{5} << 20U) + 3}) {
    std::string text(size, ' ');
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 2654435761U >> 24U);
    write_file(folder_ / "file", text);
    const FileCopy copy(folder_ / "file");
    std::filesystem::resize_file(folder_ / "file", 0);
    EXPECT_TRUE(copy.bytes() == text) << size;
  }
}

TEST_F(FileCopies, AreNotMadeOfWhatCannotBeRead) {
  EXPECT_THROW(FileCopy(folder_ / "none"), Error);
  EXPECT_THROW(FileCopy{folder_}, Error);
}

TEST(LargeBuffers, CanBeWrittenToTheirLastByte) {
  for (const size_t size : {size_t{1}, (size_t{2} << 20U) + 1}) {
    const LargeBuffer buffer(size);
    buffer.data()[0] = buffer.data()[size - 1] = 'x';
    EXPECT_EQ(buffer.data()[size - 1], 'x');
  }
}

}  // namespace
}  // namespace lorahub::base
