// What lora_tuning, ia3 and full train on the shots, and how every rank comes to answer with it.
#pragma once
#include <string>

#include "run/context.hpp"
#include "train/trainable.hpp"
#include "train/trainer.hpp"

namespace lorahub::run {

// What the trial's method trains, at its start.
train::Trainable trainable(const study::Trial& trial, const t5::Network& base);

// The machine's network with what was trained (train::bytes of it) in its places.
train::Model trained_model(const study::Trial& trial, const t5::Network& base,
                           const std::string& bytes);

// Learning rate: the trial's, or its method's default.
double learning_rate(const study::Trial& trial);

// Settings of a training on so many shots.
train::Settings train_settings(const study::Trial& trial, size_t shots);

}  // namespace lorahub::run
