// Puts a folder in place whole or not at all, as write_file() does a file.
#pragma once
#include <filesystem>

namespace lorahub::base {

// Renames a folder and fsyncs the one that it comes into. False where `to` is there and holds
// something; FileError or MachineFault where it is not possible otherwise.
bool put_folder_in_place(const std::filesystem::path& from, const std::filesystem::path& to);

// fsyncs the folder that an entry stands in, as a rename into it asks for.
void sync_folder_of(const std::filesystem::path& entry);

}  // namespace lorahub::base
