// What rank 0 reads for a study, as the other ranks compare it with what they read, and what one
// of them replies.
#pragma once
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lorahub::run {

using Pairs = std::map<std::string, std::string>;

constexpr size_t kWordsOfATrial = 4;  // knobs, files, shots, test rows

using Named = std::vector<std::pair<std::string, std::string>>;

// Equal for the same files, unchanged, as two processes on one kernel see them; "" where that can't
// be told.
std::string state_of(const std::filesystem::path& path);

// SHA-256 of names and values.
std::string digest(const Named& entries);

// Whether a hash is of a task's rows: those are compared as they were read, not by the bytes of
// their files.
bool is_of_rows(const std::string& name);

// Keeps, of hashes by name, those of files and folders.
Named files_of(const std::map<std::string, std::string>& inputs);

// The reply of a rank that reads something else: one of these words says what differs, then follow
// the trial's number and what the rank has there.
constexpr const char *kCount = "count", *kKnobs = "knobs", *kBytes = "bytes";

std::string difference_reply(const char* what, size_t trial, const Named& found);

// Pairs up words that are names and values in turn.
Pairs pairs_of(std::span<const std::string> words);

}  // namespace lorahub::run
