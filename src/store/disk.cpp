#include "store/disk.hpp"

#include <cerrno>
#include <cstring>

#include "base/check.hpp"

namespace lorahub::store {

bool out_of_room(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO;
}

void cannot_write(std::string_view file, int error) {
  if (out_of_room(error))
    throw base::Interrupted(
        base::format("cannot write {} to the disk: {} (all that was recorded before is kept), make "
                     "room and run the same "
                     "command again",
                     file, std::strerror(error)));
  base::fail(
      "cannot write {}: {} (results would be lost), make its folder writable or choose another "
      "with --out",
      file, std::strerror(error));
}

}  // namespace lorahub::store
