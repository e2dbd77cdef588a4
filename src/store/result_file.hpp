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
#include "store/handles.hpp"
#include "store/record.hpp"
#include "store/regular_file.hpp"

namespace lorahub::store {

// A result file whose digest was looked at. What HDF5 reads later is the same file, even where a
// newer one takes its name meanwhile; a part at a time, since files of many searches are large.
struct SealedFile {
  explicit SealedFile(const std::filesystem::path& path);  // Error when it can't be read
  FileHandle open() const;                                 // for reading; HDF5 locks nothing

  RegularFile file;
  Seal seal;
};

// Describes what is wrong with the digest of an open file of this schema; "" when nothing is.
std::string digest_problem(Seal seal, int schema);

// The schema of an open file. Error when this program doesn't know it.
int known_schema(hid_t file);

// Calls `use` with the file open for reading. A file without a digest is first used in a child
// process, whose death is an Error; so `use` may be called twice and must begin with what it fills.
// Error naming the file when it is damaged, or was written meanwhile.
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
