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
  const std::string advice = base::is_the_machines(error)
                                 ? base::advice(error)
                                 : "see to it and run the same command to go on";
  throw base::Interrupted(
      base::format("cannot write {} to the disk: {} (all that was recorded before is kept), {}",
                   file, std::strerror(error), advice));
}

}  // namespace lorahub::store
