#include "lab/lab_training.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/random.hpp"
#include "checkpoint/hub_cache.hpp"

namespace lorahub::lab {

namespace fs = std::filesystem;

std::string quoted(const std::string& text) { return base::json_text(nlohmann::json(text)); }

train::TrainingConfig training_config(const study::Value& settings, const LabTraining& training,
                                      std::vector<study::Setting> more) {
  const std::string data = fs::absolute(training.data).string();
  const fs::path model = fs::absolute(checkpoint::resolve(training.model));
  more.insert(more.end(), {{"model", quoted(model.string())},
                           {"data", quoted(data)},
                           {"out", quoted(training.out.string())},
                           {"seed", base::format("{}", training.seed)}});
  train::TrainingConfig config = train::read_config(settings, more);
  // The folder's own place says nothing to others.
  config.model = config.base_name = training.base_name;
  return config;
}

std::vector<study::Setting> module_settings(int rank, const fs::path& card_rows) {
  return {{"rank", base::format("{}", rank)},
          {"alpha", base::format("{}", 2 * rank)},
          {"test", quoted(fs::absolute(card_rows).string())}};
}

uint64_t module_seed(uint64_t seed, const std::string& module) {
  return base::Stream(seed, "lab/start/" + module).bits();
}

ModulePart module_part(const std::string& part) {
  const size_t slash = part.find('/');
  return {.rank = std::stoi(part.substr(1, slash - 1)), .module = part.substr(slash + 1)};
}

std::vector<std::string> module_parts(const std::vector<int>& ranks,
                                      const std::vector<std::string>& modules) {
  std::vector<std::string> all;
  for (const int rank : ranks)
    for (const std::string& module : modules) all.push_back(base::format("r{}/{}", rank, module));
  return all;
}

std::string trained(const train::TrainingConfig& config,
                    const train::TrainingResources& resources) {
  const train::OneTraining training = train::trainings(config).front();
  return train::train_one(config, training, resources) ? "trained" : "is there";
}

}  // namespace lorahub::lab
