// Names that nobody can guess: of jobs, and the token that opens the service.
#pragma once
#include <filesystem>
#include <map>
#include <string>

namespace lorahub::serve {

std::string random_bytes(int bytes);
std::string random_hex(int bytes);  // of the system's random numbers; MachineFault without them

// The name of the user who sees everyone's jobs; other users see their own.
inline constexpr const char* kAdmin = "admin";

using UserTokens = std::map<std::string, std::string>;  // by the names of those who hold them

// The tokens in the file, one a line as NAME:TOKEN; a token alone is the admin's. Where there is no
// file, one is written, readable for its owner alone, with a new token of 256 bits for the admin.
// Error for a file that holds no token.
UserTokens tokens_of(const std::filesystem::path& file);

// The key by which messages to others are signed: base64 of 24 random bytes, kept in the file.
std::string signing_key(const std::filesystem::path& file);

}  // namespace lorahub::serve
