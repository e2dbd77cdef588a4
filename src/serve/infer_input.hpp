// What a client asks for: answers to prompts, by the base model or with an adapter.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "serve/adapt_input.hpp"

namespace lorahub::serve {

struct InferInput {
  std::string model;                 // a name of the catalog
  std::vector<std::string> prompts;  // at least one
  // One of these, or none: the base model answers.
  std::string job = {};                        // the id of a finished adaptation
  std::string module = {};                     // of `library`
  std::map<std::string, double> weights = {};  // of modules of `library`, by their names
  std::string library = {};                    // a name of the catalog
  std::string composition = {};                // of weights; "": factor
  int max_tokens = 256;                        // of an answer
};

// Whether the input is one of answers: it has prompts.
bool asks_for_answers(const std::string& json);

// Reads the input from a JSON object. WrongInput for what is not understood; nothing is skipped.
InferInput read_infer_input(const std::string& json, const Catalog& catalog);

std::string as_json(const InferInput& input);

// The command line that gives the same answers. Its paths are names where names will do.
std::string command_line(const InferInput& input, const Catalog& catalog);

}  // namespace lorahub::serve
