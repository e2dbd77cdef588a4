// What a trained folder says about itself: training.json for programs, README.md for people.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "task/task.hpp"
#include "train/evaluate.hpp"
#include "train/training_config.hpp"

namespace lorahub::train {

inline constexpr const char* kTrainingFile = "training.json";

// What the finished folder must answer, for whoever loads it.
struct TrainingSelfTest {
  task::Example example;
  std::string answer;
  double loss_sum = 0;
  int tokens = 0;
};

struct TrainingCard {
  // Of the training: its name, the name of its folder, and the hash of all that decides its result.
  std::string name, folder, identity;
  std::string model, model_sha256;
  std::string data, data_sha256;
  size_t rows = 0, held_out_rows = 0;
  int64_t steps = 0, parameters = 0;
  double seen_tokens = 0;                          // source and target, all steps
  std::vector<double> losses;                      // mean of each pass over the data
  std::optional<HeldOutEvaluation> before, after;  // on the rows held out
  TrainingSelfTest self_test;
};

void write_card(const std::filesystem::path& folder, const TrainingConfig& config,
                const TrainingCard& card);

// The identity in the folder's training.json; "" where there is none.
std::string finished_identity(const std::filesystem::path& folder);

}  // namespace lorahub::train
