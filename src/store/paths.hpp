// The names of everything in a results folder. Reports and their figures are named by --out, and
// may lie anywhere.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.hpp"

namespace lorahub::store {

inline constexpr std::string_view kResultExtension = ".h5";
inline constexpr std::string_view kJournalExtension = ".ndj";
inline constexpr std::string_view kCsvExtension = ".csv";
inline constexpr std::string_view kColumnsCsv = "columns.csv";  // units and meaning of all columns

// A shard is "2-of-4"; "" is a run without shards.
std::string shard_name(int place, int count);    // place: from 1
std::string count_of(const std::string& shard);  // "4" of "2-of-4"; "" of ""
std::string words_of(const std::string& shard);  // "shard 2-of-4", "one run without --shard"

base::Path journal_file(const base::Path& folder, const std::string& shard);
base::Path result_file(const base::Path& folder,
                       const std::string& shard);  // has the folder's own name

// "2-of-4" of journal-2-of-4.ndj; "" of journal.ndj; nothing of another file.
std::optional<std::string> shard_of(const base::Path& journal);

base::Path lock_file(const base::Path& journal);  // it says who writes the journal
std::optional<base::Path> journal_of_lock(const base::Path& lock);  // nothing of another file
base::Path begin_lock_file(const base::Path& folder);  // it says who begins to write here

base::Path log_folder(const base::Path& folder);
base::Path log_file(const base::Path& log_folder, int rank);

base::Path csv_folder(const base::Path& folder);
std::string csv_name(std::string table);  // "headers_starts.csv" of headers/starts
base::Path crate_file(const base::Path& folder);

// Whether the file exists only while something is written; a killed process may leave it.
bool is_temporary(const base::Path& file);
base::Path set_aside(const base::Path& file,
                     int process);  // what `file` is renamed to before it is removed
// The pattern for mkostemps, suffix included, of the file that file_system_now() makes.
std::string clock_pattern(const base::Path& folder);
inline constexpr int kClockSuffix = static_cast<int>(base::kTemporaryExtension.size());

}  // namespace lorahub::store
