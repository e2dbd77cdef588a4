// One training from its data to its folder. It can be resumed, and is not repeated when it is done.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/device.hpp"
#include "lora/claim.hpp"
#include "train/training_config.hpp"

namespace lorahub::train {

struct OneTraining {
  std::string name;
  std::filesystem::path data, out;
};
// One training for each data file. Those of a list of files have a folder each in config.out.
std::vector<OneTraining> trainings(const TrainingConfig& config);

struct RowLengths {  // in tokens with </s>, of the rows to train on
  int longest_source = 0, longest_target = 0;
  std::string cut;  // a sentence about rows of which the training reads the beginning alone, or ""
};
// Error for a row of more than max_input tokens, to train on or to test by.
RowLengths check_rows(const TrainingConfig& config, const OneTraining& training);

struct TrainingResources {
  base::Device device = base::Device::cpu;
  int threads = 1;
  // Share done in [0, 1], and what is going on.
  std::function<void(double, const std::string&)> progress = [](double, const std::string&) {};
};

// Error unless the folder is not there yet, is empty, or is one in which a training has begun or
// ended.
void check_free(const std::filesystem::path& out, lora::Force force);

// Trains, or goes on from the checkpoint in `out`, or finds it done (false). Error for bad input
// and for a folder with another training; Interrupted at a signal, after a checkpoint.
bool train_one(const TrainingConfig& config, const OneTraining& training,
               const TrainingResources& resources);

}  // namespace lorahub::train
