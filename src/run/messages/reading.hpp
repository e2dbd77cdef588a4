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

// What the ranks compare of a task are the rows read, not the bytes of their files.
bool is_of_rows(const std::string& name);

// Of hashes by name, those that are of files or folders.
Named files_of(const std::map<std::string, std::string>& inputs);

// What a rank replies: what differs (a word below), the trial's number, and what it found there.
constexpr const char *kCount = "count", *kKnobs = "knobs", *kBytes = "bytes";

std::string difference_reply(const char* what, size_t trial, const Named& found);

// Of words that alternate: names and values.
Pairs pairs_of(std::span<const std::string> words);

}  // namespace lorahub::run
