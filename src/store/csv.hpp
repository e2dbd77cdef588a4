// The tables of a result file as CSV, for programs that read no HDF5.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::store {

// Writes one file for each table (runs.csv, headers_starts.csv, ...) and columns.csv with units and
// meaning of every column, in RFC 4180 and UTF-8. Numbers are the shortest that give the same bits,
// missing ones are empty. Texts go through base::csv_cell, so that no spreadsheet runs them.
// Returns the names of the files. Error when `file` is no result file.
std::vector<std::string> export_csv(const std::filesystem::path& file,
                                    const std::filesystem::path& folder);

}  // namespace lorahub::store
