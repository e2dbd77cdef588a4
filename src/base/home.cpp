#include "base/home.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "base/text.hpp"

namespace lorahub::base {
namespace {

namespace fs = std::filesystem;

// A relative folder would be another one wherever the program starts.
std::string home() {
  if (const std::string home = environment_variable("HOME"); home.starts_with('/')) return home;
  const passwd* user = ::getpwuid(::getuid());
  return user == nullptr || user->pw_dir == nullptr ? "" : user->pw_dir;
}

}  // namespace

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path with_home(const std::string& path) {
  if (path != "~" && !path.starts_with("~/")) return path;
  const std::string home = base::home();
  return home.empty() ? fs::path(path) : fs::path(home + path.substr(1));
}

fs::path cache_home() {
  if (const fs::path cache = with_home(environment_variable("XDG_CACHE_HOME")); cache.is_absolute())
    return cache;
  const std::string home = base::home();
  if (!home.empty()) return fs::path(home) / ".cache";
  return fs::temp_directory_path() / base::format("lorahub-{}", ::getuid());
}

}  // namespace lorahub::base
