// Files in one ZIP archive, stored as they are (weights do not get smaller). It is our own, since
// it takes fewer lines than binding a library, and nothing is read by it.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lorahub::serve {

// `files`: names and contents, together below 4 GiB; the archive has the same bytes each time.
std::string stored_zip(const std::vector<std::pair<std::string, std::string_view>>& files);

}  // namespace lorahub::serve
