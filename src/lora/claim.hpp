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

// Error unless the folder is not there yet, is empty, or is one that an earlier composition wrote
// (its card says so), and can be written to; a symbolic link is none of these, nor is a folder in
// which one stands at a file's name. Writes nothing.
void check_free(const std::filesystem::path& folder, Force force);

// What a composition was made of, as one word for its card. `made_of`: all that decides what is
// written.
std::string recipe(const std::string& made_of);

// Whether the folder holds a finished composition of this recipe; false by force. Error where it
// holds one of another recipe, which is the user's: it is replaced by one of the same recipe alone,
// and one that is not finished by any. After check_free().
bool check_recipe(const std::filesystem::path& folder, const std::string& recipe, Force force);

// Writes a card that says that the composition is not finished, so that a folder that can't be
// written is found before anything is computed, and so that the same command may be given again
// after an interruption.
void claim(const std::filesystem::path& folder, ModuleCard card);

// What the provenance of a composition's card begins with.
inline constexpr const char* kComposed = "composed from ";

}  // namespace lorahub::lora
