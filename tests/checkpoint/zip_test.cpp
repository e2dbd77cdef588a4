#include "checkpoint/zip.hpp"

#include <gtest/gtest.h>

#include "base/crc32.hpp"
#include "checkpoint/files.hpp"

namespace lorahub::checkpoint::testing {
namespace {

TEST(Zip, ArchivesAreReadInPlaceAlsoWithZip64Fields) {
  const std::string big(70000, 'b');
  for (const Zip zip : {Zip::plain, Zip::wide}) {
    const std::string bytes = archive({{"x/a", "one"}, {"x/empty", ""}, {"x/b", big}}, zip);
    const ZipMembers members = zip_members(bytes, "file");
    ASSERT_EQ(members.size(), 3u);
    EXPECT_EQ(members.at("x/a").bytes, "one");
    EXPECT_EQ(members.at("x/empty").bytes, "");
    EXPECT_EQ(members.at("x/b").bytes, big);
    EXPECT_EQ(members.at("x/b").crc, base::crc32(big));
    EXPECT_GE(members.at("x/b").bytes.data(), bytes.data());
    EXPECT_LT(members.at("x/b").bytes.data(), bytes.data() + bytes.size());
  }
}

}  // namespace
}  // namespace lorahub::checkpoint::testing
