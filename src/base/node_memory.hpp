// Memory that the processes of a user on one node share: the first that asks for a content makes
// it, the others map the same pages. It is anonymous (memfd_create), so the system frees it with
// its last user, also after kill -9.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/files.hpp"

namespace lorahub::base {

// A file's device, inode, size and time of change: equal while nobody writes to it. Error when it
// is not there.
std::string file_identity(const Path& path);

class NodeMemory {
 public:
  // `key` names all that the content depends on (files: their identity); processes of another
  // program file share nothing. `fill` writes the content over `bytes` zeros; it runs in one
  // process while the others wait, and another one takes over when it throws or dies. Where nothing
  // can be shared (no /proc, no temporary folder), each process has its own copy.
  static std::shared_ptr<const NodeMemory> get(const std::string& key, size_t bytes,
                                               const std::function<void(char*)>& fill);

  using Mapping = std::unique_ptr<char, std::function<void(char*)>>;
  NodeMemory(std::string name, int descriptor, Mapping data);  // owns the descriptor; -1: none
  ~NodeMemory();
  NodeMemory(const NodeMemory&) = delete;
  NodeMemory& operator=(const NodeMemory&) = delete;

  const char* data() const { return data_.get(); }  // read only: writing ends the program

 private:
  std::string name_;
  int descriptor_;  // kept open, since the others find the memory by it
  Mapping data_;
};

}  // namespace lorahub::base
