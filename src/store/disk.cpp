#include "store/disk.hpp"

#include <cstring>

#include "base/fault.hpp"

namespace lorahub::store {

void cannot_write(std::string_view file, int error) {
  if (base::is_the_machines(error)) cannot_go_on_writing(file, error);
  base::fail(
      "cannot write {}: {} (results would be lost), make its folder writable or choose another "
      "with --out",
      file, std::strerror(error));
}

void cannot_go_on_writing(std::string_view file, int error) {
  throw base::Interrupted(
      base::format("cannot write {} to the disk: {} (all that was recorded before is kept), {}",
                   file, std::strerror(error), base::advice(error)));
}

}  // namespace lorahub::store
