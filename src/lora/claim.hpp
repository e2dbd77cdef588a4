// Claims the folder that a composed adapter or merged model is written to, so that nobody else's
// files are lost.
#pragma once
#include <filesystem>
#include <string>

#include "lora/module_card.hpp"

namespace lorahub::lora {

enum class Force { no, yes };  // yes: the user says that what is there may be replaced

// The type of what stands at the path itself: no symbolic link is followed, not even where the path
// ends in a slash.
std::filesystem::file_type own_type(std::filesystem::path path);

// Error for a place that is no folder or can't be written to. Unless by force, also an error for a
// symbolic link to a folder, for a folder that is neither empty nor written by an earlier
// composition (its card says so), and for a composition's folder that holds a symbolic link. Writes
// nothing.
void check_free(const std::filesystem::path& folder, Force force);

// The recipe of a composition: a hash of `made_of`, a text of all that decides what is written. 16
// hexadecimal digits, which its card records.
std::string recipe(const std::string& made_of);

// Whether the folder holds a finished composition of this recipe, so that nothing needs to be
// computed; false by force. Error where it holds a finished composition of another recipe, which
// the user would lose. One that is not finished may be replaced by any. To be called after
// check_free().
bool check_recipe(const std::filesystem::path& folder, const std::string& recipe, Force force);

// Writes a card that says that the composition is not finished, so that a folder that can't be
// written is found before anything is computed, and so that the same command may be given again
// after an interruption.
void claim(const std::filesystem::path& folder, ModuleCard card);

// What the provenance of a composition's card begins with.
inline constexpr const char* kComposed = "composed from ";

}  // namespace lorahub::lora
