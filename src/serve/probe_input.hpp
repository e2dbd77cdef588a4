// What a client asks for: each module of a library alone on the client's examples.
#pragma once
#include <string>
#include <vector>

#include "serve/adapt_input.hpp"

namespace lorahub::serve {

struct ProbeInput {
  std::string model, library;      // names of the catalog
  std::vector<std::string> probe;  // names of modules; none: all that fit the model
  std::vector<task::Example> examples;
};

// Whether the input is one of a probe: it says what is probed.
bool asks_for_probe(const std::string& json);

// Reads the input from a JSON object. WrongInput for what is not understood; nothing is skipped.
ProbeInput read_probe_input(const std::string& json, const Catalog& catalog);

std::string as_json(const ProbeInput& input);

// The passes of a probe: each module alone, as the method best_single tries it.
study::Trial trial_of(const ProbeInput& input, const Catalog& catalog, const JobFolder& files);

// The command line that gives the same losses. Its paths are names where names will do.
std::string command_line(const ProbeInput& input, const Catalog& catalog);

}  // namespace lorahub::serve
