// What the trials of a rank share: the model on its device and the modules read last.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lora/load_modules.hpp"
#include "model/placement.hpp"
#include "objective/load_model.hpp"
#include "workers/channel.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::run {

class ModelCache {
 public:
  // `hardware`: with all threads of the rank.
  explicit ModelCache(objective::Hardware hardware) : hardware_(std::move(hardware)) {}

  const objective::Hardware& hardware() const { return hardware_; }
  bool has_model_of(const study::Trial& trial) const;
  // The model for a computation in one thread, since a rank's threads compute different requests.
  // The reference holds until the next call of use_model() or read_share().
  const objective::LoadedModel& loaded() const { return *loaded_; }

  // To be called while no other thread uses this object, since the model there is replaced.
  void use_model(const study::Trial& trial);
  void read_share(const study::Trial& trial, workers::ChannelMember me);
  void exchange_shares(const std::string& channel_id, workers::ChannelMember me);
  void drop_modules();  // they are read again when they are needed

  // Several threads may call these at once.
  objective::LoadedModel model_of_all_threads();
  std::vector<lora::Module> modules(const study::Trial& trial,
                                    const std::vector<std::string>& names);
  // Adds the narrow weights of this precision to loaded(), for delta evaluation.
  void need_narrow_weights(study::Precision precision);

 private:
  objective::Hardware hardware_;
  std::string model_key_;
  std::unique_ptr<objective::LoadedModel> loaded_;
  std::vector<model::SharedTensor> shares_;  // tensors of loaded_, until they are exchanged
  std::mutex mutex_;
  std::string library_key_;
  lora::Modules modules_;  // of the library in use, as read
};

}  // namespace lorahub::run
