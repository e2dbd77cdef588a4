// Result files with a flipped bit, cut short or replaced: found, and nothing crashes or hangs.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "read_hdf5.hpp"
#include "samples.hpp"
#include "store/csv.hpp"
#include "store/digest.hpp"
#include "store/result_file.hpp"

namespace lorahub::store {
namespace {

using samples::Folder;
using samples::message_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Damage : public testing::Test {
 protected:
  void SetUp() override {
    write_hdf5(file_, samples::complete(), samples::complete_plan());
    whole_ = base::read_file(file_);
  }
  std::vector<std::string> problems_of(const std::string& bytes) {
    ::unlink(file_.c_str());
    std::ofstream(file_, std::ios::binary) << bytes;
    return check_hdf5(file_, {}).problems;
  }
  // As a file that an older version wrote: no digest is there to notice the damage.
  std::string without_digest() {
    std::string bytes = whole_;
    const size_t mark = bytes.find("sha256-of-this-file");
    bytes.replace(mark, 6, "xxxxxx");
    return bytes;
  }
  const Folder folder_;
  const std::filesystem::path file_ = folder_ / "x.h5";
  std::string whole_;
};

TEST_F(Damage, EveryFlippedBitIsFound) {
  base::Stream stream(1, "flips");
  for (int i = 0; i < 300; ++i) {
    std::string bytes = whole_;
    const size_t at =
        i < 100 ? static_cast<size_t>(i)
                : static_cast<size_t>(stream.uniform() * static_cast<double>(bytes.size()));
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << i % 8));
    ASSERT_NE(problems_of(bytes), std::vector<std::string>{}) << at;
  }
}

TEST_F(Damage, EveryTruncationAndAppendedByteIsFound) {
  for (size_t size = 0; size < whole_.size(); size += 1 + whole_.size() / 100)
    ASSERT_NE(problems_of(whole_.substr(0, size)), std::vector<std::string>{}) << size;
  EXPECT_NE(problems_of(whole_ + "x"), std::vector<std::string>{});
  EXPECT_THAT(problems_of(whole_), IsEmpty());
}

// Damage that HDF5 itself gets to see: a sentence, whatever the library does.
TEST_F(Damage, NothingCrashesWhereNoDigestWarns) {
  const std::string base = without_digest();
  base::Stream stream(2, "flips");
  for (int i = 0; i < 600; ++i) {
    std::string bytes = base;
    const size_t at =
        i % 2 == 0 ? static_cast<size_t>(i) * 7 % bytes.size()
                   : static_cast<size_t>(stream.uniform() * static_cast<double>(bytes.size()));
    const int wide = i % 3 == 0 ? 0xFF : 1 << i % 8;
    bytes[at] = static_cast<char>(bytes[at] ^ wide);
    ASSERT_NE(problems_of(bytes), std::vector<std::string>{}) << "its digest is gone, too";
    ASSERT_THAT(message_of([&] { read_findings(file_); }), HasSubstr("not a result file")) << at;
  }
}

TEST_F(Damage, ADamagedFileIsRefusedByAllWhoReadIt) {
  std::string bytes = whole_;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  problems_of(bytes);
  for (const auto& read :
       std::vector<std::function<void()>>{[&] { read_findings(file_); }, [&] { read_hdf5(file_); },
                                          [&] { export_csv(file_, folder_ / "csv"); }})
    EXPECT_THAT(message_of(read),
                HasSubstr("x.h5 is not a result file that can be read: its bytes"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "csv"));
}

TEST_F(Damage, APipeOrFolderInItsPlaceBlocksNobody) {
  ::mkfifo((folder_ / "pipe.h5").c_str(), 0666);
  EXPECT_THAT(message_of([&] { read_findings(folder_ / "pipe.h5"); }),
              HasSubstr("pipe.h5 is not a regular file"));
  EXPECT_THAT(message_of([&] { check_hdf5(folder_ / "", {}); }), HasSubstr("not a regular file"));
}

TEST_F(Damage, AFileThatAnotherReaderHasLockedIsRead) {
  const int other = ::open(file_.c_str(), O_RDWR);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_THAT(check_hdf5(file_, {}).problems, IsEmpty());
  EXPECT_EQ(read_findings(file_).trials.size(), 2U);
  ::close(other);
}

TEST_F(Damage, AFileThatIsWrittenWhileItIsReadIsRefused) {
  EXPECT_THAT(message_of([&] {
                with_result_file(file_, [&](hid_t) {
                  std::ofstream(file_, std::ios::binary | std::ios::app) << "more";
                });
              }),
              HasSubstr("x.h5 was written while it was read"));
}

TEST_F(Damage, AFileThatIsReplacedWhileItIsReadIsReadAsItWas) {
  size_t trials = 0;
  with_result_file(file_, [&](hid_t open) {
    std::ofstream(folder_ / "other", std::ios::binary) << "another file";
    std::filesystem::rename(folder_ / "other", file_);
    trials = read_results(open).rows.size();
  });
  EXPECT_EQ(trials, 2U);
}

Seal seal_of_text(const std::string& file) {
  return seal_of([&](size_t offset, size_t most) {
    return offset < file.size() ? file.substr(offset, most) : std::string();
  });
}

TEST(Digest, IsOfTheWholeFileAndFitsOnce) {
  std::string file = "before " + unsealed_digest() + " after";
  EXPECT_EQ(seal_of_text(file), Seal::broken);
  seal(file);
  EXPECT_EQ(seal_of_text(file), Seal::whole);
  EXPECT_EQ(seal_of_text(file + " "), Seal::broken);
  EXPECT_EQ(seal_of_text("no digest"), Seal::absent);
  EXPECT_EQ(seal_of_text(unsealed_digest().substr(0, 50)), Seal::absent);
}

// Files are read in parts of 1 MiB; the mark is found wherever it stands.
TEST(Digest, IsFoundAcrossTheEndOfAPart) {
  for (const size_t before : {(size_t{1} << 20) - 120, (size_t{1} << 20) - 20, size_t{1} << 20}) {
    std::string file =
        std::string(before, 'a') + unsealed_digest() + std::string(size_t{3} << 20, 'b');
    seal(file);
    EXPECT_EQ(seal_of_text(file), Seal::whole) << before;
    file.back() = 'c';
    EXPECT_EQ(seal_of_text(file), Seal::broken) << before;
  }
}

}  // namespace
}  // namespace lorahub::store
