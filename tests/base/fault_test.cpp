#include "base/fault.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cerrno>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>

namespace lorahub::base {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

template <class Error>
Cause of(const Error& error) {
  return cause_of(std::make_exception_ptr(error));
}

TEST(Fault, OurOwnExceptionsAreWhatTheyAre) {
  EXPECT_EQ(of(Error("e")).blame, Blame::input);
  EXPECT_EQ(of(FileError("e", "a")).blame, Blame::input);
  EXPECT_EQ(of(Interrupted("e")).blame, Blame::interruption);
  EXPECT_EQ(of(MachineFault("e")).blame, Blame::machine);
  EXPECT_EQ(of(MachineFault("e")).sentence, "e");
  EXPECT_EQ(of(std::out_of_range("off by one")).blame, Blame::program);
  EXPECT_EQ(of(7).blame, Blame::program);
}

#ifndef __SANITIZE_ADDRESS__  // which takes all of the address space
// oneDNN, say, has words of its own for an allocation that failed.
TEST(Fault, AnyExceptionOfALibraryInAProcessThatGetsNoMemoryIsTheMachines) {
  const auto error = std::make_exception_ptr(std::runtime_error("could not create a primitive"));
  const auto no_thread =
      std::make_exception_ptr(std::system_error(EAGAIN, std::generic_category()));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &before), 0);
  const rlimit none{.rlim_cur = 1, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &none), 0);
  const Cause without = cause_of(error), without_a_stack = cause_of(no_thread);
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_EQ(without.blame, Blame::machine);
  EXPECT_TRUE(without.lacks_memory);
  EXPECT_THAT(without.sentence, HasSubstr("give the job more memory"));
  EXPECT_THAT(without_a_stack.sentence, HasSubstr("give the job more memory"));
  EXPECT_EQ(cause_of(error).blame, Blame::program);
  EXPECT_THAT(cause_of(no_thread).sentence, HasSubstr("ulimit -u"));
}
#endif

TEST(Fault, LackOfMemoryThreadsAndDescriptorsIsTheMachines) {
  for (const Cause& cause :
       {of(std::bad_alloc()), of(std::system_error(EAGAIN, std::generic_category())),
        of(std::filesystem::filesystem_error("open", "/x",
                                             std::error_code(EMFILE, std::system_category())))})
    EXPECT_EQ(cause.blame, Blame::machine) << cause.sentence;
  EXPECT_THAT(of(std::system_error(EAGAIN, std::generic_category())).sentence,
              AllOf(HasSubstr("thread"), HasSubstr("ulimit -u")));
  EXPECT_EQ(of(std::filesystem::filesystem_error(
                   "open", "/x", std::make_error_code(std::errc::no_such_file_or_directory)))
                .blame,
            Blame::input);
}

// As LibTorch 2.11 writes them.
TEST(Fault, LibTorchsWordsAreUnderstoodAndItsStackTracesAreCut) {
  const std::pair<const char*, const char*> texts[] = {
      {"[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
       "you tried to allocate 40000000000 bytes. Error code 12 (Cannot allocate memory)\nframe #0: "
       "c10::ThrowEnforceNotMet + 0x7f (0x7f00deadbeef in libc10.so)\n",
       "40000000000 bytes"},
      {"CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of "
       "which 1.2 GiB is free.\nException raised from malloc at 0xdeadbeef",
       "2.00 GiB"},
      {"CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be "
       "asynchronously reported\nframe #1: 0xdeadbeef",
       "an illegal memory access"},
      {"CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`\nframe #1: "
       "0xdeadbeef",
       "memory"},
      {"cuDNN error: CUDNN_STATUS_EXECUTION_FAILED\nframe #1: 0xdeadbeef", "cuDNN error"}};
  for (const auto& [text, word] : texts) {
    const Cause cause = of(std::runtime_error(text));
    EXPECT_EQ(cause.blame, Blame::machine) << text;
    EXPECT_THAT(cause.sentence, AllOf(HasSubstr(word), Not(HasSubstr("deadbeef")),
                                      Not(HasSubstr("\n")), Not(HasSubstr("frame"))));
  }
  const Cause bug = of(std::runtime_error("shape '[2]' is invalid\nframe #0: 0xdeadbeef"));
  EXPECT_EQ(bug.blame, Blame::program);
  EXPECT_EQ(bug.sentence, "shape '[2]' is invalid");
}

TEST(Fault, LackOfMemoryIsToldFromADeviceThatFailed) {
  EXPECT_TRUE(of(std::bad_alloc()).lacks_memory);
  EXPECT_TRUE(of(std::system_error(ENOMEM, std::generic_category())).lacks_memory);
  EXPECT_TRUE(of(std::runtime_error("CUDA out of memory. Tried to allocate 2 GiB.")).lacks_memory);
  EXPECT_FALSE(of(std::runtime_error("CUDA error: an illegal memory access")).lacks_memory);
  EXPECT_FALSE(of(std::system_error(EMFILE, std::generic_category())).lacks_memory);
  EXPECT_FALSE(of(MachineFault("e")).lacks_memory);
}

TEST(Fault, ErrorsOfAFailingDiskAreTheMachinesAndThoseOfAPathAreNot) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG, EIO, ESTALE, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH,
                          ENOTCONN, EREMOTEIO, ENOLCK, EMFILE, ENFILE, ENOMEM, ENODEV}) {
    EXPECT_TRUE(is_the_machines(error)) << error;
    EXPECT_THROW(cannot("cannot open x", error), MachineFault) << error;
    EXPECT_THAT(advice(error), HasSubstr("run the same command")) << error;
  }
  for (const int error : {ENOENT, EACCES, EPERM, EROFS, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP})
    EXPECT_THROW(cannot("cannot open x", error), FileError) << error;
}

// At the beginning what was asked for is to be checked, later the machine.
TEST(Fault, TheAdviceAboutAFileFitsItsTime) {
  try {
    cannot("cannot open x", EROFS);
  } catch (const FileError& error) {
    EXPECT_STREQ(error.what(),
                 "cannot open x: Read-only file system, name a place that can be written to");
    EXPECT_STREQ(
        since_the_beginning(error).what(),
        "cannot open x: Read-only file system (it was possible when the run began), see to "
        "it and run the same command to go on");
  }
}

}  // namespace
}  // namespace lorahub::base
