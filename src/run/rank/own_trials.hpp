// The trials that this rank has read itself, from the same study or command line as rank 0. A rank
// works on any trial that it is sent; of those that it has read itself, it takes the files that it
// found, which may be copies on its own disk.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "study/trial.hpp"

namespace lorahub::run {

class OwnTrials {
 public:
  explicit OwnTrials(std::vector<study::Trial> trials);  // none: rank 0 alone reads studies

  size_t count() const { return trials_.size(); }
  bool differ_in_number(size_t of_rank_0) const { return count() > 0 && count() != of_rank_0; }

  // The trial, with the paths of the rank's own trial of the same knobs where it has one.
  study::Trial with_own_paths(study::Trial trial) const;

  // The rank's own trial in `place`, where it has other knobs than `trial`; else null.
  const study::Trial* other_than(const study::Trial& trial, size_t place) const;

 private:
  std::vector<study::Trial> trials_;
  std::map<std::string, size_t> by_id_;
};

}  // namespace lorahub::run
