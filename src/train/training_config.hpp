// A training config in YAML: what to train, on which data, and how. configs/train/lorahub.yaml
// lists the keys.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "study/document.hpp"
#include "study/study.hpp"
#include "train/trainable.hpp"
#include "train/trainer.hpp"

namespace lorahub::train {

enum class What { lora, ia3, full, base };  // base: every weight, from scratch

struct TrainingConfig {
  What what = What::lora;
  std::string model;                        // as the config names it
  std::string model_path;                   // a folder, or a name of the Hugging Face cache
  std::string base_name;                    // of the model, for readers of the adapter on this
                                            // machine: an absolute path, or a published name
  std::vector<std::filesystem::path> data;  // JSON lines
  bool list = false;          // data is a list: one training for each file, which gives it its name
  std::filesystem::path out;  // from the working directory, as --out elsewhere

  int rank = 16;  // of LoRA, as the three below
  double alpha = 32;
  double dropout = 0.1;
  std::vector<std::string> targets{"q", "v"};
  std::optional<double> model_dropout;  // T5's; none: config.json's dropout_rate
  int steps = 0;                        // 0: by epochs
  int epochs = 20;
  int batch = 10;
  int batch_tokens = 0;  // source tokens of a batch with padding, at most; 0: any
  int accumulate = 1;    // batches a step
  double lr = 2e-4;
  double warmup = 0;  // steps; below 1: a share of all
  double hold = 0;    // steps behind it at the full rate; below 1: a share of all
  Schedule schedule = Schedule::linear;
  std::pair<double, double> betas{0.9, 0.999};  // AdamW's
  std::vector<RateFactor> lr_factors;
  double weight_decay = 0;
  double clip = 0;                                // largest norm of a gradient; 0: any
  int source_length = 1024, target_length = 256;  // tokens, </s> included; the rest is cut off
  int max_input = study::kUsualMaxInput;  // of a row; a longer one is refused. It changes no result
  study::Precision precision = study::Precision::f32;
  uint64_t seed = 1;
  double held_out = 0;                        // rows kept from training; below 1: a share of all
  std::optional<std::filesystem::path> test;  // rows to evaluate by instead of held-out ones
  bool half = false;                          // what is trained is rounded to f16 and stored so
  double checkpoint = 300;                    // seconds between checkpoints; changes no result
};

const std::string& name(What what);

// `set` overrides keys. Error with file and line for whatever is wrong.
TrainingConfig read_config(const std::filesystem::path& file,
                           const std::vector<study::Setting>& set);
TrainingConfig read_config(const study::Value& mapping, const std::vector<study::Setting>& set);

// The settings that decide the result, as (key, text), without files: for identity and card.
std::vector<std::pair<std::string, std::string>> settings(const TrainingConfig& config);

}  // namespace lorahub::train
