#include "run/messages/trial_message.hpp"

#include "study/study.hpp"

namespace lorahub::run {

std::string encode_trial(const study::Trial& trial) {
  return base::encode(TrialMessage{.settings = study::settings(trial),
                                   .model_path = trial.model_path,
                                   .library_path = trial.library_path,
                                   .pool_file = trial.task_files.pool,
                                   .test_file = trial.task_files.test,
                                   .varied = trial.varied});
}

study::Trial decode_trial(const std::string& bytes) {
  const auto message = base::decode<TrialMessage>(bytes);
  study::Trial trial;
  study::apply(message.settings, trial);
  trial.model_path = message.model_path;
  trial.library_path = message.library_path;
  trial.task_files = {.pool = message.pool_file, .test = message.test_file};
  trial.varied = message.varied;
  return trial;
}

}  // namespace lorahub::run
