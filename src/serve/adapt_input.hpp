// What a client asks for: the input of an adaptation, in our names and in those of the demo of
// LoraHub's authors (cjwbw/lorahub on Replicate).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "serve/catalog.hpp"
#include "serve/job_folder.hpp"
#include "study/single_trial.hpp"
#include "task/task.hpp"

namespace lorahub::serve {

// Bad input: the sentence is for the client.
struct WrongInput : base::Error {
  WrongInput(std::string in_field, const std::string& sentence)
      : base::Error(sentence), field(std::move(in_field)) {}
  std::string field;
};

struct AdaptInput {
  std::string model, library;                 // names of the catalog
  std::vector<task::Example> examples, test;  // test: none, or rows of their own
  std::string modules = {};                   // as --modules takes it; "": as the search says
  std::string search = {};                    // gradient, recommended or official
  std::string shots = "all";                  // or a number of examples, drawn by the seed
  std::optional<int> budget = {};
  uint64_t seed = 1;
};

// Reads the input from a JSON object. WrongInput for what is not understood; nothing is skipped.
AdaptInput read_adapt_input(const std::string& json, const Catalog& catalog);

// The input in our names alone, without defaults that were not given.
std::string as_json(const AdaptInput& input);

std::string json_lines(const std::vector<task::Example>& rows);

study::Trial trial_of(const AdaptInput& input, const Catalog& catalog, const JobFolder& files);

// The command line that gives the same adapter. Its paths are names where names will do.
std::string command_line(const AdaptInput& input, const Catalog& catalog);

}  // namespace lorahub::serve
