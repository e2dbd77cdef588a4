// Searches of one study that ask for the same candidates: trials that differ only in what no loss
// depends on (how the test rows are answered and scored, the budget, which vector is the answer).
// The first to ask computes, the others are told the same; each counts it as its own.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/journal.hpp"
#include "study/trial.hpp"

namespace lorahub::run {

// Losses of the generations that trials alike were told, by their weights. For several threads.
class Told {
 public:
  bool find(const search::Population& asked, search::Losses& losses) const;
  void keep(const search::Population& asked, const search::Losses& losses);

 private:
  mutable std::mutex mutex_;
  std::map<std::vector<double>, search::Losses> losses_;
};

class Shared {
 public:
  explicit Shared(const std::vector<study::Trial>& trials);
  // Once for each trial. Null for one without others like it; freed when the last of them ends.
  std::shared_ptr<Told> told(const study::Trial& trial);

 private:
  struct Alike {
    int left = 0;  // that did not ask yet
    std::shared_ptr<Told> told;
  };
  std::mutex mutex_;
  std::map<std::string, Alike> alike_;
};

struct AskedOnce {
  search::Evaluate evaluate;
  store::Faults faults;
};
// Generations that are in `told` come from there; others are computed and kept, unless they have
// faults.
AskedOnce once(search::Evaluate evaluate, store::Faults faults, const std::shared_ptr<Told>& told);

}  // namespace lorahub::run
