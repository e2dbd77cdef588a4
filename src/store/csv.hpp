// The tables of a result file as CSV, for programs that read no HDF5.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::store {

// One file a table (runs.csv, headers_starts.csv, ...), and columns.csv: units and meaning of every
// column. RFC 4180, UTF-8; numbers are the shortest that give the same bits; missing: empty. Texts
// are those of base::csv_cell, so that no spreadsheet runs them. The names of the files written.
// Error when `file` is no result file.
std::vector<std::string> export_csv(const std::filesystem::path& file,
                                    const std::filesystem::path& folder);

}  // namespace lorahub::store
