// Where a user's own files lie.
#pragma once
#include <filesystem>
#include <string>

namespace lorahub::base {

std::string environment_variable(const char* name);  // "" where it is not set

// "~" and "~/x" with the user's home folder for ~, as Python's expanduser does it: $HOME, or where
// that is unset the folder in the list of users. Other paths stay as they are.
std::filesystem::path with_home(const std::string& path);

// $XDG_CACHE_HOME or ~/.cache; a user without a home has a folder among the temporary files.
std::filesystem::path cache_home();

}  // namespace lorahub::base
