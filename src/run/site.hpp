// What one rank holds and computes with: the model, the current trial's task and modules.
#pragma once
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "run/brief.hpp"
#include "run/load.hpp"
#include "run/requests.hpp"
#include "workers/nccl.hpp"

namespace lorahub::run {

// What a rank says when it has loaded a trial.
struct Loaded {
  int64_t truncated_from = 0;        // largest rank of a module before SVD; 0: all as trained
  std::vector<std::string> modules;  // the candidates; of `retrieve: similarity|text` those left
};
Loaded read_loaded(const std::string& reply);

class Site {
 public:
  // `hardware`: with the threads that call handle(); a unit of work is one thread's, but a training
  // has them all.
  Site(std::vector<study::Trial> plan, Hardware hardware, workers::Member me);
  Site(const Site&) = delete;  // the measure refers to members
  Site& operator=(const Site&) = delete;

  // A request of the coordinator (requests.hpp): a unit of work. From several threads at once; a
  // trial that is not the current one, or has other modules now, is loaded first, alone.
  std::string handle(const std::string& request);

 private:
  std::shared_lock<std::shared_mutex> at(const Asked& asked);
  void begin(size_t trial);
  void keep(const std::vector<uint32_t>& places);
  void use_pool(const std::vector<lora::Module>& chosen);
  void read_share(const study::Trial& trial);
  void exchange_shares(const std::string& channel_id);
  void use_model(const study::Trial& trial);
  void use_modules(const study::Trial& trial);
  void open_log(const std::filesystem::path& folder);
  std::string join(const std::string& rows_hash) const;
  std::string probe(const std::string& place) const;
  std::string answer(const std::string& body);
  std::string train() const;
  std::shared_ptr<const t5::Adapter> adapter(const std::vector<double>& weights);

  std::vector<study::Trial> plan_;
  Hardware hardware_;
  workers::Member me_;
  Tokenizers tokenizers_;
  std::shared_mutex loading_;      // exclusive while the trial changes
  std::optional<size_t> current_;  // in the plan; what follows is of this trial
  std::string machine_key_;
  std::unique_ptr<objective::Machine> machine_;
  std::vector<t5::SharedTensor> shares_;  // of machine_, until they are exchanged
  std::string library_key_;
  Modules modules_;                       // of the library in use, as read
  std::vector<lora::Module> candidates_;  // of the trial
  std::vector<uint32_t> kept_;            // of these, as the coordinator said
  std::optional<lora::Pool> pool_;
  int64_t truncated_from_ = 0;
  Brief brief_;
  search::Measure measure_, search_;  // search_: in the trial's precision
  std::mutex adapter_mutex_;
  std::vector<double> adapter_weights_;
  std::shared_ptr<const t5::Adapter> adapter_;  // of these weights: a trial answers with one
  base::Log log_;
};

}  // namespace lorahub::run
