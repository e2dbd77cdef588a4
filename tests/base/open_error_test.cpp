#include "base/open_error.hpp"

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

TEST(OpenError, ASocketIsNoSickDisk) {
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

TEST(OpenError, ADeviceThatIsGoneIsTheMachinesFault) {
  EXPECT_THROW(cannot_open("cannot read x", "/nowhere/x", ENXIO), MachineFault);
}

}  // namespace
}  // namespace lorahub::base
