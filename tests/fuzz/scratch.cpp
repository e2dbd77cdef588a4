#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "targets.hpp"

namespace lorahub::fuzz {
namespace {

struct Folder {
  Folder()
      : path((std::filesystem::is_directory("/dev/shm") ? "/dev/shm"
                                                        : std::filesystem::temp_directory_path()) /
             ("lorahub_fuzz_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

}  // namespace

std::filesystem::path scratch() {
  static const Folder folder;
  return folder.path;
}

void put(const std::filesystem::path& file, std::string_view bytes) {
  std::FILE* out = std::fopen(file.c_str(), "wb");
  if (out == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), out) != bytes.size())
    std::abort();
  std::fclose(out);
}

}  // namespace lorahub::fuzz
