// What a method sees while it runs on the coordinator: losses of candidates and answers of
// mixtures, whoever computes them.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "run/requests.hpp"
#include "run/site.hpp"
#include "store/journal.hpp"
#include "workers/group.hpp"

namespace lorahub::run {

class Context {
 public:
  Context(Site& site, workers::Group& group) : site_(site), group_(group) {}

  // All ranks load the trial. Error when a rank cannot, or reads other rows than the coordinator.
  void begin(size_t index);

  void open_logs(const std::filesystem::path& folder) const { ask(Request::log, folder.string()); }

  const Site& site() const { return site_; }
  const study::Trial& trial() const { return site_.trial(); }
  int modules() const { return site_.pool().size(); }  // N
  int ranks() const { return group_.size(); }
  std::vector<int> shot_tokens() const;  // [K], target tokens with </s>

  search::Sums sums(const search::Population& population) const;  // computed by all ranks
  search::Evaluate evaluate(
      const study::Penalty& penalty) const;  // the trial's loss of these, and a penalty
  std::vector<std::string> answers(
      const std::vector<double>& weights) const;  // of the test rows; {}: the base
  std::vector<std::string> trained_answers(
      const std::string& trained) const;  // by what a training made (Choice::trained)

  // Called after each generation with the trace so far.
  search::Observer observer;
  // Wraps the evaluate of a search: recorded in the journal, or nothing.
  std::function<search::Evaluate(search::Evaluate)> record = [](search::Evaluate f) { return f; };

 private:
  std::vector<std::string> in_order(const std::vector<std::string>& replies) const;
  std::vector<std::string> ask(Request kind, const std::string& body) const;
  Site& site_;
  workers::Group& group_;
};

}  // namespace lorahub::run
