#include "serve/infer_input.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/nesting.hpp"
#include "serve/input_fields.hpp"
#include "study/choices.hpp"

namespace lorahub::serve {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kMostPrompts = 100;
constexpr int kMostTokens = 2048;  // of an answer

[[noreturn]] void refuse_field(const std::string& field, const std::string& sentence) {
  throw WrongInput(field, sentence);
}

json input_object(const std::string& text) {
  const json object = json::parse(base::shallow_json(text), nullptr, false);
  if (!object.is_object()) refuse_field("input", "the input is no JSON object, give one");
  return object;
}

std::string text_field(const json& object, const std::string& field) {
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) return "";
  if (!found->is_string() || found->get<std::string>().empty())
    refuse_field(field, base::format("`{}` is no text, give one", field));
  return found->get<std::string>();
}

std::vector<std::string> prompts_of(const json& object) {
  const json& list = object.at("prompts");
  if (!list.is_array() || list.empty() || list.size() > kMostPrompts)
    refuse_field("prompts",
                 base::format("`prompts` is no list of 1 to {} texts, give one", kMostPrompts));
  std::vector<std::string> prompts;
  for (const json& one : list) {
    if (!one.is_string() || base::strip(one.get<std::string>()).empty())
      refuse_field("prompts", "one of `prompts` is no text, or an empty one, write it");
    check_length(one.get_ref<const std::string&>(), "prompts");
    prompts.push_back(one.get<std::string>());
  }
  return prompts;
}

std::map<std::string, double> weights_of(const json& object) {
  std::map<std::string, double> weights;
  const auto found = object.find("weights");
  if (found == object.end() || found->is_null()) return weights;
  if (!found->is_object() || found->empty())
    refuse_field("weights", "`weights` is no object {\"module\": weight, ...}, give one");
  for (const auto& [name, weight] : found->items()) {
    if (!weight.is_number() || !std::isfinite(weight.get<double>()))
      refuse_field("weights", base::format("the weight of '{}' is no number, give one", name));
    weights.emplace(name, weight.get<double>());
  }
  return weights;
}

int tokens_of(const json& object) {
  const auto found = object.find("max_tokens");
  if (found == object.end() || found->is_null()) return InferInput().max_tokens;
  if (!found->is_number_integer() || *found < 1 || *found > kMostTokens)
    refuse_field(
        "max_tokens",
        base::format("`max_tokens` is no whole number from 1 to {}, give one", kMostTokens));
  return found->get<int>();
}

void check_composition(const std::string& word) {
  const std::vector<std::string>& known = study::words<study::Composition>();
  if (word.empty() || std::ranges::find(known, word) != known.end()) return;
  refuse_field("composition", base::format("there is no composition '{}', give one of {}", word,
                                           base::join(known, ", ")));
}

// One adapter at most, and what belongs to it.
void check_combination(const InferInput& input) {
  const int adapters = (input.job.empty() ? 0 : 1) + (input.module.empty() ? 0 : 1) +
                       (input.weights.empty() ? 0 : 1);
  if (adapters > 1)
    refuse_field("job",
                 "several of `job`, `module` and `weights` are given (which one should "
                 "answer?), give one of them");
  const bool mixes = !input.weights.empty();
  if (!input.library.empty() && input.module.empty() && !mixes)
    refuse_field("library",
                 "`library` is given without `module` or `weights` (it would not be "
                 "read), leave it out");
  if (!input.composition.empty() && !mixes)
    refuse_field("composition",
                 "`composition` is given without `weights` (it would not be read), "
                 "leave it out");
  check_composition(input.composition);
}

template <class Look>
void named_in_catalog(const std::string& field, const Look& look) {
  try {
    look();
  } catch (const base::Error& error) {
    refuse_field(field, error.what());
  }
}

void check_modules(const InferInput& input, const Catalog& catalog) {
  if (!input.module.empty())
    named_in_catalog("module", [&] { catalog.check_module(input.library, input.module); });
  named_in_catalog("weights", [&] {
    for (const auto& [name, weight] : input.weights) catalog.check_module(input.library, name);
  });
}

}  // namespace

bool asks_for_answers(const std::string& text) {
  const json object = json::parse(base::shallow_json(text), nullptr, false);
  return object.is_object() && object.contains("prompts");
}

InferInput read_infer_input(const std::string& text, const Catalog& catalog) {
  const json object = input_object(text);
  std::vector<std::string> given;
  for (const auto& [name, value] : object.items()) given.push_back(name);
  check_known(given, infer_fields(), "prompts");
  if (!object.contains("prompts"))
    refuse_field("prompts", "there are no prompts, give `prompts` as a list of texts");
  InferInput input{.model = text_field(object, "model"),
                   .prompts = prompts_of(object),
                   .job = text_field(object, "job"),
                   .module = text_field(object, "module"),
                   .weights = weights_of(object),
                   .library = text_field(object, "library"),
                   .composition = text_field(object, "composition"),
                   .max_tokens = tokens_of(object)};
  check_combination(input);
  if (input.job.empty() || !input.model.empty())
    named_in_catalog("model", [&] { input.model = catalog.model_name(input.model); });
  if (input.module.empty() && input.weights.empty()) return input;
  named_in_catalog("library", [&] { input.library = catalog.library_name(input.library); });
  check_modules(input, catalog);
  return input;
}

std::string as_json(const InferInput& input) {
  ordered_json object = ordered_json::object();
  if (!input.model.empty()) object["model"] = input.model;
  object["prompts"] = input.prompts;
  if (!input.job.empty()) object["job"] = input.job;
  if (!input.library.empty()) object["library"] = input.library;
  if (!input.module.empty()) object["module"] = input.module;
  if (!input.weights.empty()) object["weights"] = input.weights;
  if (!input.composition.empty()) object["composition"] = input.composition;
  object["max_tokens"] = input.max_tokens;
  return base::json_text(object);
}

std::string command_line(const InferInput& input, const Catalog& catalog) {
  std::string line =
      base::format("lorahub infer --model {}", shown_word(input.model, catalog.model(input.model)));
  if (!input.job.empty()) line += " --adapter adapter";
  if (!input.library.empty()) {
    const std::string library = shown_word(input.library, catalog.library(input.library));
    if (!input.module.empty()) {
      line += " --adapter " + base::shell_word(library + "/" + input.module);
    } else {
      std::vector<std::string> names;
      for (const auto& [name, weight] : input.weights) names.push_back(name);
      line += base::format(" --library {} --modules {} --weights weights.json", library,
                           base::shell_word(base::join(names, ",")));
    }
  }
  if (!input.composition.empty()) line += " --composition " + input.composition;
  return line + base::format(" --task prompts.jsonl --max-tokens {} --json", input.max_tokens);
}

}  // namespace lorahub::serve
