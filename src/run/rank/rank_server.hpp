// What one rank computes with: the model, and the trials that it works on.
#pragma once
#include <atomic>
#include <list>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "run/rank/loaded_trial.hpp"

namespace lorahub::run {

class RankServer {
 public:
  // `hardware`: with the threads that call handle(); a unit of work is one thread's, but a training
  // has them all.
  RankServer(std::vector<study::Trial> plan, objective::Hardware hardware, workers::Member me);
  RankServer(const RankServer&) = delete;  // trials refer to members
  RankServer& operator=(const RankServer&) = delete;

  // A request of the coordinator (requests.hpp): a unit of work. From several threads at once. A
  // trial that is not there yet takes the place of the one asked for longest ago, when as many are
  // held as are worked on at the same time (Hardware::trials).
  std::string handle(const std::string& request);

 private:
  struct Place {
    size_t trial = 0;
    std::shared_ptr<LoadedTrial> held;
  };
  std::shared_ptr<LoadedTrial> held(size_t trial);
  void use_model_of(size_t trial);
  std::string compute(const RankRequest& asked);
  std::string for_the_rank(const RankRequest& asked);
  void make_room();
  void open_log(const std::filesystem::path& folder);

  std::vector<study::Trial> plan_;
  workers::Member me_;
  plan::Tokenizers tokenizers_;
  ModelCache shelf_;
  std::shared_mutex computing_;  // exclusive while the model changes, or the only trial
  std::mutex places_mutex_;
  std::list<Place> places_;  // the one asked for last is the first
  base::Log log_;
  std::atomic<bool> begun_ = false;  // all inputs were found and read, by every rank
};

}  // namespace lorahub::run
