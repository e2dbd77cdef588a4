// Checks that inputs of equal names have equal hashes in all trials of a folder.
#pragma once
#include <map>
#include <string>

#include "store/record.hpp"

namespace lorahub::store {

// What the name of an input stands for in a trial with these knobs: "module a of library mini".
// Equal texts must have equal hashes; "" where the knobs do not tell.
std::string described(const std::string& input, const std::map<std::string, std::string>& knobs);

class SameInputs {
 public:
  // The inputs of one trial; `where`: what recorded them, for the message. Returns the first one
  // that an earlier trial read with another hash, as "module a of library mini (0123456789ab in x,
  // cdef01234567 in y)"; "" when none is.
  std::string add(const Inputs& inputs, const std::map<std::string, std::string>& knobs,
                  const std::string& where);

 private:
  struct Seen {
    std::string hash, where;
  };
  std::map<std::string, Seen> seen_;
};

}  // namespace lorahub::store
