#include "base/wait_ready.hpp"

#include <cerrno>

#include "base/fault.hpp"

namespace lorahub::base {

bool wait_ready(std::span<pollfd> descriptors, int milliseconds, std::string_view what) {
  const int ready = ::poll(descriptors.data(), descriptors.size(), milliseconds);
  if (ready >= 0 || errno == EINTR) return ready > 0;
  // Of poll(), EINVAL says that there are more descriptors than the limit of open files.
  cannot(format("{} can't be waited for", what), errno == EINVAL ? EMFILE : errno);
}

}  // namespace lorahub::base
