// Files that trials read, watched for changes between the moment they were hashed and the moment
// that something computed with them is recorded.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "study/trial.hpp"

namespace lorahub::plan {

// Model, modules, tokenizer and rows: the files of one trial that its hashes are of.
std::vector<std::filesystem::path> input_files(const study::Trial& trial);

class WatchedFiles {
 public:
  using Set = std::vector<uint32_t>;  // places in the list of all files

  // Remembers device, inode, size and time of change of those that are not known yet: before they
  // are hashed. One that is not there is for who hashes it to report.
  Set add(const std::vector<std::filesystem::path>& files);

  // Interrupted (exit code 75) naming the first of these that is not what it was when it was added.
  void check(const Set& files) const;

 private:
  struct File {
    std::filesystem::path path;
    std::string identity;
  };
  std::vector<File> files_;
  std::map<std::string, uint32_t> places_;  // by path
};

}  // namespace lorahub::plan
