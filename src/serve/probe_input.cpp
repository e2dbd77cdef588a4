#include "serve/probe_input.hpp"

#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/nesting.hpp"
#include "serve/input_fields.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kAll = "all";
constexpr const char* kExpected = "`probe` is neither `all` nor a list of names, give one of these";

json probe_object(const std::string& text) {
  const json object = json::parse(base::shallow_json(text), nullptr, false);
  if (!object.is_object()) throw WrongInput("input", "the input is no JSON object, give one");
  return object;
}

std::vector<std::string> probed_names(const json& object) {
  const auto found = object.find("probe");
  if (found == object.end() || found->is_null() || *found == kAll) return {};
  if (!found->is_array() || found->empty()) throw WrongInput("probe", kExpected);
  std::vector<std::string> names;
  for (const json& one : *found) {
    if (!one.is_string()) throw WrongInput("probe", kExpected);
    names.push_back(one.get<std::string>());
  }
  return names;
}

}  // namespace

bool asks_for_probe(const std::string& text) {
  const json object = json::parse(base::shallow_json(text), nullptr, false);
  return object.is_object() && object.contains("probe");
}

// Model, library and examples are read as those of an adaptation.
ProbeInput read_probe_input(const std::string& text, const Catalog& catalog) {
  json object = probe_object(text);
  std::vector<std::string> given;
  for (const auto& [name, value] : object.items()) given.push_back(name);
  check_known(given, probe_fields(), "probe");
  const std::vector<std::string> names = probed_names(object);
  object.erase("probe");
  AdaptInput read = read_adapt_input(base::json_text(object), catalog);
  try {
    for (const std::string& name : names) catalog.check_module(read.library, name);
  } catch (const base::Error& error) {
    throw WrongInput("probe", error.what());
  }
  return {.model = read.model,
          .library = read.library,
          .probe = names,
          .examples = std::move(read.examples)};
}

std::string as_json(const ProbeInput& input) {
  ordered_json rows = ordered_json::array();
  for (const task::Example& one : input.examples)
    rows.push_back({{"input", one.input}, {"target", one.target}});
  return base::json_text(
      ordered_json{{"model", input.model},
                   {"library", input.library},
                   {"probe", input.probe.empty() ? ordered_json(kAll) : ordered_json(input.probe)},
                   {"examples", rows}});
}

study::Trial trial_of(const ProbeInput& input, const Catalog& catalog, const JobFolder& files) {
  AdaptInput all{.model = input.model,
                 .library = input.library,
                 .examples = input.examples,
                 .test = {},
                 .modules = input.probe.empty() ? kAll : base::join(input.probe, ","),
                 .search = study::kUsualSearch};
  study::Trial trial = trial_of(all, catalog, files);
  trial.method = study::Method::best_single;
  return trial;
}

std::string command_line(const ProbeInput& input, const Catalog& catalog) {
  std::string line = base::format("lorahub probe --model {} --library {} --task examples.jsonl",
                                  shown_word(input.model, catalog.model(input.model)),
                                  shown_word(input.library, catalog.library(input.library)));
  if (!input.probe.empty()) line += " --modules " + base::shell_word(base::join(input.probe, ","));
  return line + base::format(" --shots {} --json", input.examples.size());
}

}  // namespace lorahub::serve
