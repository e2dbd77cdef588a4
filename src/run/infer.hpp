// Rows answered chunk by chunk: by the base model, an adapter, a mixture, or the adapter that each
// row names.
#pragma once
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "objective/objective.hpp"
#include "run/lead/memory_warnings.hpp"
#include "task/row.hpp"
#include "train/trainable.hpp"

namespace lorahub::run {

// The model with the adapter of a PEFT folder. A LoRA stays as low-rank terms beside the weights; a
// DoRA or an (IA)^3 is merged into a copy of them. Error for an adapter of another model, or with
// other tokens.
train::TrainedModel adapted_model(const objective::LoadedModel& loaded,
                                  const std::filesystem::path& folder, const std::string& name);

struct InferOptions {
  std::string library;  // where the adapters lie that rows name; "": rows name folders or published
                        // adapters
  int max_tokens = 256;
  int batch = 10;                         // rows answered together
  int max_input = study::kUsualMaxInput;  // tokens of an input
  MemoryCheck memory_check = MemoryCheck::refuse;
  // Answers a batch of rows that name no adapter, instead of the model; several threads call it.
  // Empty: the model answers them.
  std::function<std::vector<std::string>(std::span<const std::string> inputs)> answer_batch = {};
  std::string remedy = "raise --max-input";   // of an input that is too long, for its sentence
  std::function<void()> after_token = [] {};  // as in objective::AnswerRule
};

// Where rows come from and answers go to. An exception from one of these functions ends the work.
struct InferStreams {
  std::function<bool(task::Row&)> next;  // false: there are no more
  std::function<void(const task::Row&, const std::string& answer)> give;  // in the rows' order
  std::function<void()> flush = [] {};                                    // after each chunk
  std::function<void(const std::string& sentence)> warn = [](const std::string&) {};
};

// `usual` answers rows that name no adapter. Error naming the row for an input that is too long or
// an adapter that is not there, and where a chunk can't fit into the memory; what was given out
// before stays.
void infer(const objective::LoadedModel& loaded, const train::TrainedModel& usual,
           const InferOptions& options, const InferStreams& streams);

}  // namespace lorahub::run
