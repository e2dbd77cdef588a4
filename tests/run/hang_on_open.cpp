// For LD_PRELOAD: a file system that hangs. Whoever opens a file whose name ends as $HANG_FILE says
// waits for ever; with $HANG_RANK, that rank of mpirun alone.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdlib>
#include <string_view>

namespace {

bool hangs(const char* path) {
  const char* file = std::getenv("HANG_FILE");
  const char* rank = std::getenv("HANG_RANK");
  const char* mine = std::getenv("OMPI_COMM_WORLD_RANK");
  const bool here = rank == nullptr || (mine != nullptr && std::string_view(mine) == rank);
  return here && file != nullptr && std::string_view(path).ends_with(file);
}

int open_next(const char* name, const char* path, int flags, mode_t mode) {
  while (hangs(path)) ::pause();
  using Open = int (*)(const char*, int, ...);
  return reinterpret_cast<Open>(::dlsym(RTLD_NEXT, name))(path, flags, mode);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_next("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_next("open64", path, flags, mode);
}
}
