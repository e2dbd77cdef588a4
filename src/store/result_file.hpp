// Reads a result file that may be damaged, without a crash of this process.
#pragma once
#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/digest.hpp"
#include "store/record.hpp"

namespace lorahub::store {

struct ResultBytes {
  std::string bytes;
  Seal seal = Seal::absent;
};
// Error when there is no such file, or it can't be read.
ResultBytes result_bytes(const std::filesystem::path& file);

// Describes what is wrong with the digest of an open file of this schema; "" when nothing is.
std::string digest_problem(Seal seal, int schema);

// The schema of an open file. Error when this program doesn't know it.
int known_schema(hid_t file);

// Calls `use` with the file open for reading, from a copy in memory: HDF5 locks nothing. A file
// without a digest is first used in a child process, whose death is an Error; so `use` may be
// called twice and must begin with what it fills. Error naming the file when it is damaged.
void with_result_file(const std::filesystem::path& file, const std::function<void(hid_t)>& use);

// Trials with their answers and weights.
struct Results {
  std::string study, question;
  std::vector<ResultRow> rows;
  std::map<std::string, std::vector<Answer>> answers;  // by trial id
  std::map<std::string, std::vector<std::pair<std::string, double>>>
      weights;  // by trial id: module, weight
};
Results read_results(hid_t file);  // of an open file

// Processor seconds that reading a file of this size may take.
double reading_seconds(size_t bytes);

}  // namespace lorahub::store
