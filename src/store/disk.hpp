// Failures to write. A full disk is an interruption (free some room, run again), not bad input.
#pragma once
#include <string_view>

namespace lorahub::store {

// For a file that is about to be written: throws Interrupted when the disk is full or fails, Error
// when the user may not write there. `error` is errno.
[[noreturn]] void cannot_write(std::string_view file, int error);

// For a file that was being written: throws Interrupted whatever `error` says, since permissions
// expire, too.
[[noreturn]] void cannot_go_on_writing(std::string_view file, int error);

}  // namespace lorahub::store
