// What rank 0 reads for a study, as the other ranks compare it with what they read (LeadReading).
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "run/messages/messages.hpp"

namespace lorahub::run {

// A digest of the device, inode, size and times of a file, or of all files in a folder. Two
// processes on one running kernel that get the same digest see the same unchanged files. "" where
// the state can't be read.
std::string state_of(const std::filesystem::path& path);

// SHA-256 of names and values.
std::string digest(const NamedTexts& entries);

// Whether a hash is of a task's rows: those are compared as they were read, not by the bytes of
// their files.
bool is_of_rows(const std::string& name);

// Keeps, of hashes by name, those of files and folders.
NamedTexts files_of(const std::map<std::string, std::string>& inputs);

}  // namespace lorahub::run
