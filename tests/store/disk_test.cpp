#include "store/disk.hpp"

#include <gmock/gmock.h>

#include <cerrno>

#include "base/check.hpp"

namespace lorahub::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

template <class Error>
std::string message_of(void (*call)(std::string_view, int), int error) {
  try {
    call("results/x/journal.ndj", error);
  } catch (const Error& thrown) {
    return thrown.what();
  }
  return "";
}

TEST(Disk, AtTheStartAPathIsTheUsersAndAFailingDiskIsNot) {
  for (const int error : {EACCES, EPERM, EROFS, ENOTDIR, EISDIR})
    EXPECT_THAT(message_of<base::Error>(cannot_write, error), HasSubstr("--out")) << error;
  for (const int error : {ENOSPC, EDQUOT, EFBIG, EIO, ESTALE, ETIMEDOUT, EHOSTDOWN, EMFILE})
    EXPECT_THAT(message_of<base::Interrupted>(cannot_write, error),
                HasSubstr("run the same command"))
        << error;
}

// Tickets expire, file systems are remounted read-only: run again once that is mended.
TEST(Disk, WhatCouldBeWrittenBeforeIsAnInterruptionWhateverTheCause) {
  for (const int error : {EACCES, EPERM, EROFS, ESTALE, ETIMEDOUT, EIO, ENOSPC, EBADF})
    EXPECT_THAT(message_of<base::Interrupted>(cannot_go_on_writing, error),
                AllOf(HasSubstr("results/x/journal.ndj"), HasSubstr("recorded before is kept"),
                      HasSubstr("run the same command")))
        << error;
}

}  // namespace
}  // namespace lorahub::store
