// Searches of one study that ask for the same candidates: trials that differ only in what no loss
// depends on (how the test rows are answered and scored, the budget, which vector is the answer).
// The first to ask computes, the others are told the same; each counts it as its own, and its
// seconds.
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/journal.hpp"
#include "study/trial.hpp"

namespace lorahub::run {

// Generations that trials alike were told, by their weights. For several threads.
class KnownGenerations {
 public:
  struct Generation {
    search::Losses losses;
    double seconds = 0;  // that it took, wall clock
  };
  // What is known, waiting for who computes it now. Nothing: the caller has to compute it, and then
  // either keep it or leave it to the next.
  std::optional<Generation> find_or_begin(const search::Population& asked);
  void keep(const search::Population& asked, const Generation& generation);
  void leave(const search::Population& asked);

 private:
  void end(const search::Population& asked, const std::optional<Generation>& generation);
  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::vector<double>, std::optional<Generation>> generations_;  // nothing: under way
};

class EqualSearches {
 public:
  explicit EqualSearches(const std::vector<study::Trial>& trials);
  // Once for each trial. Null for one without others like it; freed when the last of them ends.
  std::shared_ptr<KnownGenerations> told(const study::Trial& trial);

 private:
  struct Alike {
    int left = 0;  // that did not ask yet
    std::shared_ptr<KnownGenerations> told;
  };
  std::mutex mutex_;
  std::map<std::string, Alike> alike_;
};

// Generations that are in `known` come from there, and their seconds go to `borrowed`; others are
// computed and kept, unless they have faults. Null: all are computed.
search::Evaluate once(search::Evaluate evaluate, std::shared_ptr<KnownGenerations> known,
                      std::function<void(double seconds)> borrowed);

}  // namespace lorahub::run
