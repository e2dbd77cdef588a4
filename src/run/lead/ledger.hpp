// Writes all that a study leaves while it runs: journal, HDF5 checkpoints, log and progress.
// Several threads may call it.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/progress.hpp"
#include "search/minimize.hpp"
#include "store/merge_shards.hpp"
#include "study/study.hpp"

namespace lorahub::run {

struct LedgerFiles {
  std::filesystem::path journal, result, log;
};

enum class Verbosity { progress, quiet };

class Ledger {
 public:
  // `planned` are all trials of the study, for the result file. Locks and reads the journal; prints
  // which of its lines are damaged.
  Ledger(const LedgerFiles& files, std::vector<store::PlannedTrial> planned, Verbosity verbosity);

  const store::History& history() const { return journal_.history(); }  // while no trial runs
  void header(const store::Header& header) { journal_.header(header); }
  // Adds the content of the folder's other journals to the result file.
  void add_elsewhere(std::vector<store::ShardHistory> journals);
  void will_run(std::map<std::string, double> sizes);  // predicted cost by trial id, in any unit

  void start(const study::Trial& trial, const store::Inputs& inputs);
  search::Evaluate recorded(search::Evaluate evaluate, const study::Trial& trial);
  void show(const study::Trial& trial, const search::Trace& trace);
  void finish(const study::Trial& trial, const store::Record& record);
  void fail(const study::Trial& trial, const std::string& message);

  void checkpoint();           // writes the result file from the journal
  void checkpoint_if_quick();  // the same, when it takes less than a second
  bool has_failed(const study::Trial& trial) const;
  void log(std::string_view event, const std::string& details);

 private:
  void say_faults(const study::Trial& trial);
  void ended(const std::string& id);
  LedgerFiles files_;
  std::vector<store::PlannedTrial> planned_;
  store::Journal journal_;
  std::vector<store::ShardHistory> elsewhere_;
  std::mutex mutex_;  // guards the members below
  base::Progress progress_;
  base::Log log_;
  std::map<std::string, double> sizes_;      // of the trials of this call
  std::map<std::string, double> under_way_;  // by trial id: the share that is done
  size_t ended_ = 0;                         // trials
  double work_ = 0, done_ = 0;               // of all trials, of those that have ended
  base::Stopwatch since_checkpoint_;
  double checkpoint_seconds_ = 0;
};

}  // namespace lorahub::run
