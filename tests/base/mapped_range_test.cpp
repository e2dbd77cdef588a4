#include "base/mapped_range.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>

#include "base/files.hpp"
#include "base/text.hpp"

namespace lorahub::base {
namespace {

constexpr size_t kFileBytes = 1 << 16;

// A file of its own for each test, removed at the end.
class MappedRanges : public testing::Test {
 protected:
  void SetUp() override { write_file(path_, std::string(kFileBytes, 'x')); }
  void TearDown() override { std::filesystem::remove(path_); }
  const Path path_ = Path(testing::TempDir()) / format("mapped_range_{}", ::getpid());
};

// Reads the last byte after the file was cut to `size` bytes.
[[noreturn]] void read_after_cut(const Path& path, std::string_view bytes, size_t size) {
  std::filesystem::resize_file(path, size);
  const volatile char* last = bytes.data() + bytes.size() - 1;
  ::_exit(*last == 'x' ? 0 : 1);
}

TEST_F(MappedRanges, AFileThatIsCutShortEndsTheProgramWithASentenceAnd75) {
  EXPECT_EXIT(
      {
        const MappedFile file(path_);
        ::signal(SIGBUS, SIG_DFL);
        const MappedFile later(path_);  // brings the handler back
        read_after_cut(path_, file.bytes(), 10);
      },
      testing::ExitedWithCode(75),
      testing::AllOf(testing::HasSubstr(path_.string()), testing::HasSubstr("was cut short"),
                     testing::HasSubstr("run the same command to go on")));
}

TEST_F(MappedRanges, SoDoRowsThatAreMappedOnceMore) {
  EXPECT_EXIT(
      {
        auto file = std::make_shared<const MappedFile>(path_);
        const auto rows = MappedRows::of({file, file});
        file.reset();
        read_after_cut(path_, {rows->row(1), kFileBytes}, 10);
      },
      testing::ExitedWithCode(75), testing::HasSubstr(path_.string()));
}

TEST_F(MappedRanges, AnotherBusErrorIsNotOurs) {
  EXPECT_EXIT(
      {
        { const MappedFile gone(path_); }
        ::raise(SIGBUS);
        ::raise(SIGBUS);
      },
      testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace lorahub::base
