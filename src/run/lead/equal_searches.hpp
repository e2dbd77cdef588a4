// Searches of one study that ask for the same candidates: trials that differ only in what no loss
// depends on (how the test rows are answered and scored, the budget, which vector is the answer).
// The first trial to ask computes the losses, the others get the same ones; each counts the
// evaluations, and the seconds that they took, as its own. A search with a time limit (search.time)
// shares with no other one: losses that are known already take no time, so that it would get
// further than it does alone.
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

namespace lorahub::study {
struct Trial;
}

namespace lorahub::run {

// The losses of generations that equal searches have computed so far, found by the weights of their
// candidates. Several threads may use it.
class KnownGenerations {
 public:
  struct MeasuredGeneration {
    search::Losses losses;
    double seconds = 0;  // wall clock, that the evaluation took
  };
  // Returns the losses that are known, after waiting for another thread that computes them now.
  // Nothing: the caller has to compute them, and must then call keep(), or leave() where that
  // failed, so that the next one who asks computes them.
  std::optional<MeasuredGeneration> find_or_begin(const search::Population& asked);
  void keep(const search::Population& asked, const MeasuredGeneration& generation);
  void leave(const search::Population& asked);

 private:
  void end(const search::Population& asked, const std::optional<MeasuredGeneration>& generation);
  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::vector<double>, std::optional<MeasuredGeneration>>
      generations_;  // nothing: under way
};

class EqualSearches {
 public:
  explicit EqualSearches(const std::vector<study::Trial>& trials);
  // To be called once for each trial. Null for a trial whose search no other one equals. The losses
  // are freed when the last of the equal searches ends.
  std::shared_ptr<KnownGenerations> told(const study::Trial& trial);

 private:
  struct Alike {
    int left = 0;  // trials that have not called told() yet
    std::shared_ptr<KnownGenerations> told;
  };
  std::mutex mutex_;
  std::map<std::string, Alike> alike_;
};

// Wraps `evaluate`: generations in `known` come from there, and `borrowed` is called with their
// seconds; others are computed, and kept unless they have faults. With `known` null, all are
// computed.
search::Evaluate once(search::Evaluate evaluate, std::shared_ptr<KnownGenerations> known,
                      std::function<void(double seconds)> borrowed);

}  // namespace lorahub::run
