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
#include "run/rank/own_trials.hpp"

namespace lorahub::run {

class RankServer {
 public:
  // `hardware` counts the threads that call handle(). Each request is computed by one thread, but a
  // training by all of them.
  // `own`: the trials that this rank has read itself, or none (own_trials.hpp).
  RankServer(std::vector<study::Trial> own, objective::Hardware hardware,
             workers::ChannelMember me);
  RankServer(const RankServer&) = delete;  // trials refer to members
  RankServer& operator=(const RankServer&) = delete;

  // Answers a request of the coordinator (messages/messages.hpp); several threads may call it at
  // once. Where objective::Hardware::trials trials are loaded already, a further one replaces the
  // trial that was used longest ago.
  std::string handle(const std::string& bytes);

  const objective::Hardware& hardware() const { return models_.hardware(); }
  // What the lead of this process computes with while no request is under way, so that a process
  // holds one base model: the trial's model with all threads of the rank, loaded where another one
  // was in use, and modules of its library as one pool.
  objective::LoadedModel model_of(const study::Trial& trial);
  lora::Pool pool_of(const study::Trial& trial, const std::vector<std::string>& modules);

 private:
  struct Place {
    std::string trial;  // a TrialMessage
    std::shared_ptr<LoadedTrial> held;
  };
  study::Trial trial_of(const std::string& message) const;
  std::shared_ptr<LoadedTrial> held(const std::string& message);
  void use_model_of(const std::string& message);
  std::string compute(const RankRequest& request);
  std::string for_the_rank(const RankRequest& request);
  void make_room();
  void open_log(const std::filesystem::path& folder);

  OwnTrials own_;
  workers::ChannelMember me_;
  plan::Tokenizers tokenizers_;
  ModelCache models_;
  std::shared_mutex computing_;  // held exclusively while the model or the only trial is replaced
  std::mutex places_mutex_;
  std::list<Place> places_;  // the one used last comes first
  base::Log log_;
  std::atomic<bool> begun_ = false;  // all inputs were found and read, by every rank
};

}  // namespace lorahub::run
