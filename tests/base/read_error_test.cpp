#include "base/read_error.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "base/descriptor.hpp"
#include "base/fault.hpp"
#include "base/files.hpp"
#include "base/input.hpp"
#include "process.hpp"

namespace lorahub::base {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(ReadError, ASocketIsNoSickDisk) {
  const Path folder = fresh_folder("socket");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const Descriptor listening(::socket(AF_UNIX, SOCK_STREAM, 0));
  const std::string name = (folder / "s").string();
  ASSERT_LT(name.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, name.c_str(), name.size());
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT([&] { read_file(name); }, ThrowsMessage<Error>(HasSubstr("s: is a socket")));
  EXPECT_THAT([&] { Input input(name); }, ThrowsMessage<Error>(HasSubstr("s: is a socket")));
}

TEST(ReadError, AFileThatTheKernelMakesUpIsNoSickDisk) {
  EXPECT_THAT(
      [] { read_input("/proc/self/mem"); },
      ThrowsMessage<Error>(HasSubstr("/proc/self/mem: is a file that the kernel makes up")));
  EXPECT_THAT([] { cannot_read("cannot map x", "/sys/kernel", ENODEV); },
              ThrowsMessage<Error>(HasSubstr("/sys/kernel: is a file that the kernel makes up")));
  EXPECT_THAT([] { cannot_read("cannot read x", "/dev/null", ENXIO); },
              ThrowsMessage<Error>(HasSubstr("/dev/null: is a device")));
}

// Neither are these any other file's: a disk's error, and what only the machine can lack.
TEST(ReadError, ASickDiskAndALackOfDescriptorsAreTheMachinesFault) {
  const std::string file = (fresh_folder("disk") / "x").string();
  write_file(file, "x");
  EXPECT_THROW(cannot_read("cannot read x", file, EIO), MachineFault);
  EXPECT_THROW(cannot_read("cannot read x", "/proc/self/mem", EMFILE), MachineFault);
}

TEST(ReadError, ADeviceThatIsGoneIsTheMachinesFault) {
  EXPECT_THROW(cannot_read("cannot read x", "/nowhere/x", ENXIO), MachineFault);
}

}  // namespace
}  // namespace lorahub::base
