// A disk that cannot take more is an interruption (free some room, run again), not bad input.
#pragma once
#include <string_view>

namespace lorahub::store {

bool out_of_room(int error);  // of errno: full, over quota, over the file size limit, broken

// Interrupted when out of room, else Error. `error`: errno.
[[noreturn]] void cannot_write(std::string_view file, int error);

}  // namespace lorahub::store
