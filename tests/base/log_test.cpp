#include "base/log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <regex>

#include "base/files.hpp"
#include "base/text.hpp"

namespace lorahub::base {
namespace {

TEST(Log, OneLineAnEventAndAppends) {
  const Path file = Path(testing::TempDir()) / format("log_{}", ::getpid()) / "rank3.log";
  std::filesystem::remove(file);
  Log(file, 3).line("start", "trial=1");
  Log(file, 3).line("done", "trial=1");
  const std::string line = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ rank=3 )";
  EXPECT_TRUE(std::regex_match(read_file(file),
                               std::regex(line + "start trial=1\n" + line + "done trial=1\n")));
}

}  // namespace
}  // namespace lorahub::base
