// Files that trials read, watched for changes between the moment they were hashed and the moment
// that something computed with them is recorded.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lorahub::study {
struct Trial;
}

namespace lorahub::plan {

class LibraryCache;

// The files that the hashes of a trial are taken of: model, modules, tokenizer and rows.
std::vector<std::filesystem::path> input_files(const study::Trial& trial, LibraryCache& libraries);

class WatchedFiles {
 public:
  using Set = std::vector<uint32_t>;  // places in the list of all files

  // Remembers device, inode, size and time of change of the files that are not known yet; to be
  // called before they are hashed. A missing file is no error here, since hashing reports it.
  Set add(const std::vector<std::filesystem::path>& files);

  // Throws Interrupted (exit code 75) that names the first of these files that has changed since it
  // was added.
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
