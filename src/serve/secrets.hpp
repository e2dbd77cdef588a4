// Names that nobody can guess: of jobs, and the token that opens the service.
#pragma once
#include <filesystem>
#include <string>

namespace lorahub::serve {

std::string random_hex(int bytes);  // of the system's random numbers; MachineFault without them

// The token in the file, without white space around it; a new one of 256 bits where there is no
// file, which this user alone may read. Error for a file that holds none.
std::string token_of(const std::filesystem::path& file);

}  // namespace lorahub::serve
