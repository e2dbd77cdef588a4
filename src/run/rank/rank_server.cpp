#include "run/rank/rank_server.hpp"

#include <algorithm>

#include "base/fault.hpp"
#include "plan/memory_check.hpp"
#include "run/messages/trial_message.hpp"
#include "run/rank/compare_reading.hpp"
#include "run/rank/device_text.hpp"
#include "store/paths.hpp"
#include "tensor/cuda/gpu.hpp"
#include "tensor/threads.hpp"

namespace lorahub::run {

RankServer::RankServer(std::vector<study::Trial> own, objective::Hardware hardware,
                       workers::ChannelMember me)
    : own_(std::move(own)), me_(me), models_(std::move(hardware)) {}

study::Trial RankServer::trial_of(const std::string& message) const {
  return own_.with_own_paths(decode_trial(message));
}

// Null where the trial can't be loaded while other threads compute: it needs another model, or has
// to replace the only trial, whose memory its modules may need.
std::shared_ptr<LoadedTrial> RankServer::held(const std::string& message) {
  const std::lock_guard lock(places_mutex_);
  const auto found = std::ranges::find(places_, message, &Place::trial);
  if (found != places_.end()) {
    places_.splice(places_.begin(), places_, found);
    return found->held;
  }
  study::Trial trial = trial_of(message);
  const auto most = static_cast<size_t>(models_.hardware().trials);
  if (!models_.has_model_of(trial) || (most == 1 && !places_.empty())) return nullptr;
  while (places_.size() >= most) places_.pop_back();
  places_.push_front(
      {.trial = message,
       .held = std::make_shared<LoadedTrial>(std::move(trial), tokenizers_, models_, log_)});
  return places_.front().held;
}

// The caller holds `computing_` exclusively.
void RankServer::use_model_of(const std::string& message) {
  places_.clear();
  models_.use_model(trial_of(message));
}

objective::LoadedModel RankServer::model_of(const study::Trial& trial) {
  const std::unique_lock alone(computing_);
  if (!models_.has_model_of(trial)) {
    places_.clear();
    models_.use_model(trial);
  }
  return models_.model_of_all_threads();
}

lora::Pool RankServer::pool_of(const study::Trial& trial, const std::vector<std::string>& modules) {
  const objective::LoadedModel loaded = model_of(trial);
  const std::unique_lock alone(computing_);
  return lora::stack(models_.modules(trial, modules), loaded.model->architecture(), loaded.device,
                     loaded.threads);
}

void RankServer::open_log(const std::filesystem::path& folder) {
  begun_ = true;
  log_ = base::Log(store::log_file(folder, me_.rank), me_.rank);
  const objective::Hardware& hardware = models_.hardware();
  const std::string device = device_text(hardware);
  log_.line("device", hardware.gpu.empty() ? device : device + ", visible as " + hardware.gpu);
}

std::string RankServer::for_the_rank(const RankRequest& request) {
  if (request.kind == RequestKind::log) open_log(request.body);
  if (request.kind == RequestKind::exchange) models_.exchange_shares(request.body, me_);
  if (request.kind == RequestKind::model_share) {
    places_.clear();
    models_.read_share(trial_of(request.trial), me_);
  }
  return {};
}

// Frees memory after a fault of the machine, so that the next try, here or on another rank of this
// node, finds more.
void RankServer::make_room() {
  const std::unique_lock alone(computing_);
  try {
    places_.clear();
    models_.drop_modules();
    tensor::release_memory(models_.hardware().device);
  } catch (const std::exception&) {  // the device has failed for good; the first error is reported
  }
}

std::string RankServer::handle(const std::string& bytes) {
  tensor::single_threaded();
  const auto request = base::decode<RankRequest>(bytes);
  if (request.kind == RequestKind::agree)
    return base::encode(compare_reading(base::decode<LeadReading>(request.body), own_));
  try {
    return compute(request);
  } catch (const base::FileError& error) {
    if (begun_) throw base::since_the_beginning(error);
    throw;
  } catch (...) {
    if (base::cause_of(std::current_exception()).blame == base::Blame::machine) make_room();
    throw;
  }
}

std::string RankServer::compute(const RankRequest& request) {
  if (request.kind == RequestKind::device) return device_text(models_.hardware());
  if (request.kind == RequestKind::room) return plan::room(models_.hardware());
  const tensor::OwnStream stream(models_.hardware().device);
  if (is_for_the_rank(request.kind)) {
    const std::unique_lock alone(computing_);
    return for_the_rank(request);
  }
  for (;;) {
    {
      const std::shared_lock shared(computing_);
      if (const std::shared_ptr<LoadedTrial> trial = held(request.trial))
        return trial->handle(request);
    }
    const std::unique_lock alone(computing_);
    if (!held(request.trial)) use_model_of(request.trial);
  }
}

}  // namespace lorahub::run
