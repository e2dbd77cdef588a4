#include "base/open_error.hpp"

#include <cerrno>

#include "base/fault.hpp"

namespace lorahub::base {

void cannot_open(std::string_view what, const std::filesystem::path& file, int error) {
  std::error_code gone;
  if (error == ENXIO && std::filesystem::is_socket(file, gone))
    fail("{}: is a socket (there is nothing in it to read), name a file", file.string());
  cannot(what, error);
}

}  // namespace lorahub::base
