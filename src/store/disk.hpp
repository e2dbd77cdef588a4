// A disk that can't take more is an interruption (free some room, run again), not bad input.
#pragma once
#include <string_view>

namespace lorahub::store {

// A file that is to be written. Interrupted when the disk is full or fails, Error when the user may
// not write there. `error`: errno.
[[noreturn]] void cannot_write(std::string_view file, int error);

// A file that was being written: Interrupted, whatever `error` says (permissions expire, too).
[[noreturn]] void cannot_go_on_writing(std::string_view file, int error);

}  // namespace lorahub::store
