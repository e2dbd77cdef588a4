#include "run/rank/model_cache.hpp"

#include "base/text.hpp"
#include "run/rank/exchange.hpp"
#include "study/choices.hpp"
#include "study/trial.hpp"
#include "tensor/cuda/gpu.hpp"
#include "workers/nccl.hpp"

namespace lorahub::run {
namespace {

std::string model_key(const study::Trial& trial) {
  return base::format("{}|{}", trial.model_path, study::name(trial.precision));
}

objective::LoadedModel of_one_thread(objective::LoadedModel model) {
  model.threads = 1;
  return model;
}

}  // namespace

bool ModelCache::has_model_of(const study::Trial& trial) const {
  return loaded_ && model_key(trial) == model_key_;
}

void ModelCache::use_model(const study::Trial& trial) {
  if (has_model_of(trial)) return;
  loaded_.reset();  // first, since two large models may not fit into the memory
  modules_.clear();
  loaded_ = std::make_unique<objective::LoadedModel>(
      of_one_thread(objective::load_model(trial.model_path, trial.precision, hardware_)));
  tensor::wait_for_gpu(hardware_.device);  // other threads use streams of their own
  model_key_ = model_key(trial);
}

void ModelCache::read_share(const study::Trial& trial, workers::ChannelMember me) {
  objective::PartlyLoadedModel loaded = objective::load_share(
      trial.model_path, trial.precision, hardware_, {.index = me.rank, .count = me.size});
  loaded_ = std::make_unique<objective::LoadedModel>(of_one_thread(std::move(loaded.loaded)));
  shares_ = std::move(loaded.tensors);
  model_key_ = model_key(trial);
}

void ModelCache::exchange_shares(const std::string& channel_id, workers::ChannelMember me) {
  workers::NcclChannel channel(channel_id, me);
  exchange_tensors(shares_, channel);
  channel.close();
  shares_.clear();
}

void ModelCache::drop_modules() { modules_.clear(); }

std::vector<lora::Module> ModelCache::modules(const study::Trial& trial,
                                              const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  const std::string key = base::format("{}|{}", trial.library_path, trial.rank);
  if (key != library_key_) modules_.clear();
  library_key_ = key;
  return lora::load_modules({.model = trial.model_path,
                             .library = trial.library_path,
                             .names = names,
                             .rank = trial.rank,
                             .threads = hardware_.threads},
                            loaded_->model->architecture(), modules_);
}

objective::LoadedModel ModelCache::model_of_all_threads() {
  const std::lock_guard lock(mutex_);
  objective::LoadedModel model = *loaded_;
  model.threads = hardware_.threads;
  return model;
}

void ModelCache::need_narrow_weights(study::Precision precision) {
  const std::lock_guard lock(mutex_);
  objective::add_narrow_weights(*loaded_, precision, hardware_.threads);
  tensor::wait_for_gpu(hardware_.device);  // other threads use streams of their own
}

}  // namespace lorahub::run
